import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import { panelAct, panelCopyText } from '../../src/protocol/panelRequests.ts';
import type { RequestDefinition } from '../../src/protocol/request.ts';
import {
  trainingChanged,
  trainingRun,
  trainingSnapshot,
  type TrainingState,
} from '../../src/protocol/trainingPanel.ts';
import { serveFakeHost } from './fakeVscode.ts';

/** The extension's side of the training panel, inside the page under test. */
export interface FakeTraining {
  readonly calls: { readonly method: string; readonly params: unknown }[];
  show(change: Partial<TrainingState>): void;
}

declare global {
  interface Window {
    fakeTraining: FakeTraining;
  }
}

let state = (window as unknown as Record<string, unknown>)['fakeStart'] as TrainingState;
const dispatcher = new Dispatcher();
const connection = serveFakeHost(dispatcher);
const fake: FakeTraining = {
  calls: [],
  show: (change) => {
    state = { ...state, ...change };
    connection.notify(trainingChanged, state);
  },
};
window.fakeTraining = fake;
dispatcher.handle(trainingSnapshot, () => state);
for (const definition of [trainingRun, panelCopyText, panelAct]) {
  dispatcher.handle(definition as RequestDefinition<unknown, null, never>, (params) => {
    fake.calls.push({ method: definition.method, params });
    return null;
  });
}
