import { panelAct, panelCopyText } from '../../src/protocol/panelRequests.ts';
import {
  trainingChanged,
  trainingRun,
  trainingSnapshot,
  type TrainingState,
} from '../../src/protocol/trainingPanel.ts';
import { type FakePanel, serveFakePanel } from './fakePanel.ts';

/** The extension's side of the training panel, inside the page under test. */
export type FakeTraining = FakePanel<TrainingState>;

declare global {
  interface Window {
    fakeTraining: FakeTraining;
  }
}

const { fake, handle, record } = serveFakePanel<TrainingState>(trainingChanged);
window.fakeTraining = fake;
handle(trainingSnapshot, () => fake.state());
record(trainingRun, panelCopyText, panelAct);
