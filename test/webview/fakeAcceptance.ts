import {
  acceptanceAct,
  acceptanceCancel,
  acceptanceChanged,
  acceptanceCommand,
  acceptanceCopyText,
  acceptanceRun,
  acceptanceSaveText,
  acceptanceSnapshot,
  type AcceptanceState,
} from '../../src/protocol/acceptancePanel.ts';
import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import { FeaturescopeError, type ErrorCode } from '../../src/protocol/errors.ts';
import type { RequestDefinition } from '../../src/protocol/request.ts';
import { acceptanceRef } from '../support/acceptanceFixtures.ts';
import { serveFakeHost } from './fakeVscode.ts';

/** The extension's side of the acceptance report, inside the page under test. */
export interface FakeAcceptance {
  readonly calls: { readonly method: string; readonly params: unknown }[];
  /** Requests that shall fail, by method. */
  readonly failures: Record<string, { readonly code: ErrorCode; readonly message: string }>;
  /** Changes the state and pushes all of it, as the extension does. */
  show(change: Partial<AcceptanceState>): void;
}

declare global {
  interface Window {
    fakeAcceptance: FakeAcceptance;
  }
}

const startKey = 'fakeStart';
let state = (window as unknown as Record<string, unknown>)[startKey] as AcceptanceState;
const dispatcher = new Dispatcher();
const connection = serveFakeHost(dispatcher);
const fake: FakeAcceptance = {
  calls: [],
  failures: {},
  show: (change) => {
    state = { ...state, ...change };
    connection.notify(acceptanceChanged, state);
  },
};
window.fakeAcceptance = fake;

function handle<Params, Result>(
  definition: RequestDefinition<Params, Result, never>,
  answer: (params: Params) => Result,
): void {
  dispatcher.handle(definition, (params) => {
    fake.calls.push({ method: definition.method, params });
    const failure = fake.failures[definition.method];
    if (failure) throw new FeaturescopeError(failure.code, failure.message);
    return answer(params);
  });
}

handle(acceptanceSnapshot, () => ({ state, ...acceptanceRef }));
handle(acceptanceRun, ({ settings }) => {
  fake.show({ settings, status: { kind: 'running', phase: 'Picture 1 of 4', fraction: 0.1 } });
  return null;
});
handle(acceptanceCancel, () => {
  fake.show({ status: { kind: 'idle' } });
  return null;
});
for (const definition of [
  acceptanceCopyText,
  acceptanceSaveText,
  acceptanceCommand,
  acceptanceAct,
]) {
  handle(definition as RequestDefinition<unknown, null, never>, () => null);
}
