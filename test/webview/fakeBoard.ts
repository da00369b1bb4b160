import {
  boardAct,
  boardAdd,
  boardBase,
  boardCancel,
  boardChanged,
  boardCommand,
  boardCopy,
  boardCopyText,
  boardFocus,
  boardGenerate,
  boardOptions,
  boardPaste,
  boardPixels,
  boardReadings,
  boardSaveFile,
  boardSavePng,
  boardShowFeature,
  boardSnapshot,
  boardStart,
  boardUndo,
  type BoardState,
} from '../../src/protocol/boardPanel.ts';
import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import { FeaturescopeError, type ErrorCode } from '../../src/protocol/errors.ts';
import { packReadings } from '../../src/protocol/featurePanel.ts';
import type { RequestDefinition } from '../../src/protocol/request.ts';
import { someReadings } from './featureFixtures.ts';
import { fakePicture } from './fakePicture.ts';
import { serveFakeHost } from './fakeVscode.ts';

/** The extension's side of the board, inside the page under test. */
export interface FakeBoard {
  readonly calls: { readonly method: string; readonly params: unknown }[];
  /** Requests that shall fail, by method. */
  readonly failures: Record<string, { readonly code: ErrorCode; readonly message: string }>;
  state(): BoardState;
  /** Changes the state and pushes all of it, as the extension does. */
  show(change: Partial<BoardState>): void;
}

const startKey = 'fakeStart';
let state = (window as unknown as Record<string, unknown>)[startKey] as BoardState;
const dispatcher = new Dispatcher();
const connection = serveFakeHost(dispatcher);
const fake: FakeBoard = {
  calls: [],
  failures: {},
  state: () => state,
  show: (change) => {
    state = { ...state, ...change };
    connection.notify(boardChanged, state);
  },
};
declare global {
  interface Window {
    fakeBoard: FakeBoard;
  }
}
window.fakeBoard = fake;

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

handle(boardSnapshot, () => state);
handle(boardPixels, ({ pictureId }) => {
  const size = 128;
  const seed = Number(/\d+/.exec(pictureId)?.[0] ?? 7);
  return { width: size, height: size, rgb: fakePicture(size, size, seed).buffer };
});
handle(boardReadings, () => packReadings(someReadings(7, { stepCount: 4 })));
handle(boardCommand, ({ command, sequence }) => {
  const { document } = state;
  const variants =
    command.kind === 'setRecipe'
      ? document.variants.map((one) =>
          one.id === command.id ? { ...one, recipe: command.recipe } : one,
        )
      : document.variants;
  fake.show({ seen: sequence, document: { ...document, variants } });
  return null;
});
handle(boardFocus, ({ variantId, columnIndex }) => {
  fake.show({ focusId: variantId, focusColumn: columnIndex });
  return null;
});
handle(boardOptions, (options) => {
  fake.show(options);
  return null;
});
for (const definition of [
  ...[boardUndo, boardStart, boardCancel, boardAdd, boardPaste, boardCopy, boardBase],
  ...[boardSavePng, boardSaveFile, boardCopyText, boardShowFeature, boardGenerate, boardAct],
]) {
  handle(definition as RequestDefinition<unknown, null, never>, () => null);
}
