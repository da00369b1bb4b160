import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import { FeaturescopeError, type ErrorCode } from '../../src/protocol/errors.ts';
import type { RequestDefinition } from '../../src/protocol/request.ts';
import {
  resultAct,
  resultCancel,
  resultChanged,
  resultCopyText,
  resultGenerate,
  resultPixels,
  resultReveal,
  resultSavePng,
  resultSnapshot,
  type ResultState,
} from '../../src/protocol/resultPanel.ts';
import { fakePicture } from './fakePicture.ts';
import { serveFakeHost } from './fakeVscode.ts';

/** The extension's side of a panel, inside the page under test: it records what is asked and shows what it is told. */
export interface FakeHost {
  readonly calls: { readonly method: string; readonly params: unknown }[];
  /** Requests that shall fail, by method. */
  readonly failures: Record<string, { readonly code: ErrorCode; readonly message: string }>;
  /** Changes the state and pushes all of it, as the extension does. */
  show(change: Partial<ResultState>): void;
}

declare global {
  interface Window {
    fakeHost: FakeHost;
    /** Set before the page's scripts run. */
    fakeStart: ResultState;
  }
}

let state = window.fakeStart;
const dispatcher = new Dispatcher();
const connection = serveFakeHost(dispatcher);

const fake: FakeHost = {
  calls: [],
  failures: {},
  show: (change) => {
    state = { ...state, ...change };
    connection.notify(resultChanged, state);
  },
};
window.fakeHost = fake;

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

handle(resultSnapshot, () => state);
handle(resultPixels, ({ pictureId }) => {
  const picture = state.pictures.find((one) => one.pictureId === pictureId);
  if (!picture) throw new FeaturescopeError('invalidInput', `No picture ${pictureId}`);
  const { width, height, seed } = picture.manifest;
  return { width, height, rgb: fakePicture(width, height, seed).buffer };
});
handle(resultGenerate, ({ form }) => {
  fake.show({ form });
  return null;
});
for (const definition of [resultCancel, resultSavePng, resultCopyText, resultReveal, resultAct]) {
  handle(definition as RequestDefinition<unknown, null, never>, () => null);
}
