import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import { type ErrorCode, FeaturescopeError } from '../../src/protocol/errors.ts';
import type { NotificationDefinition, RequestDefinition } from '../../src/protocol/request.ts';
import { serveFakeHost } from './fakeVscode.ts';

/** The extension's side of a panel, inside the page under test: it records what is asked and shows what it is told. */
export interface FakePanel<State> {
  readonly calls: { readonly method: string; readonly params: unknown }[];
  /** Requests that shall fail, by method. */
  readonly failures: Record<string, { readonly code: ErrorCode; readonly message: string }>;
  state(): State;
  /** Changes the state and pushes all of it, as the extension does; ends once the page has drawn it. */
  show(change: Partial<State>): Promise<void>;
}

declare global {
  interface Window {
    /** The state that the test begins with; set before the page's scripts run. */
    fakeStart: unknown;
    /** The panel's fake, whatever its state is. */
    fakePanel: Pick<FakePanel<unknown>, 'calls'>;
  }
}

const messageHops = 8;
/** Once the page has handled and drawn what it was told: messages travel by tasks of the page, first come, first served. */
async function drawn(): Promise<void> {
  for (let hop = 0; hop < messageHops; hop++) await new Promise((next) => setTimeout(next));
  await new Promise((next) => requestAnimationFrame(next));
}

/** How the extension answers one request. */
type Handle = <Params, Result, Progress>(
  definition: RequestDefinition<Params, Result, Progress>,
  answer: (params: Params) => Result,
) => void;

interface ServedFake<State> {
  readonly fake: FakePanel<State>;
  readonly handle: Handle;
  /** Requests that are recorded and have no result. */
  readonly record: (...definitions: readonly unknown[]) => void;
}

/** @param changed what tells the page its state */
export function serveFakePanel<State>(
  ...changed: readonly NotificationDefinition<State>[]
): ServedFake<State> {
  let state = window.fakeStart as State;
  const dispatcher = new Dispatcher();
  const connection = serveFakeHost(dispatcher);
  const fake: FakePanel<State> = {
    calls: [],
    failures: {},
    state: () => state,
    show: async (change) => {
      state = { ...state, ...change };
      for (const definition of changed) connection.notify(definition, state);
      await drawn();
    },
  };
  window.fakePanel = fake;
  const handle: Handle = (definition, answer) => {
    dispatcher.handle(definition, (params) => {
      fake.calls.push({ method: definition.method, params });
      const failure = fake.failures[definition.method];
      if (failure) throw new FeaturescopeError(failure.code, failure.message);
      return answer(params as Parameters<typeof answer>[0]);
    });
  };
  const record = (...definitions: readonly unknown[]): void => {
    for (const definition of definitions) {
      handle(definition as RequestDefinition<unknown, null, never>, () => null);
    }
  };
  return { fake, handle, record };
}
