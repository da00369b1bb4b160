import {
  boardAct,
  boardAdd,
  boardAddDirection,
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
import { packReadings } from '../../src/protocol/featurePanel.ts';
import { someReadings } from './featureFixtures.ts';
import { fakePicture } from './fakePicture.ts';
import { type FakePanel, serveFakePanel } from './fakePanel.ts';

/** The extension's side of the board, inside the page under test. */
export type FakeBoard = FakePanel<BoardState>;

const { fake, handle, record } = serveFakePanel<BoardState>(boardChanged);
declare global {
  interface Window {
    fakeBoard: FakeBoard;
  }
}
window.fakeBoard = fake;

handle(boardSnapshot, () => fake.state());
handle(boardPixels, ({ pictureId }) => {
  const size = 128;
  const seed = Number(/\d+/.exec(pictureId)?.[0] ?? 7);
  return { width: size, height: size, rgb: fakePicture(size, size, seed).buffer };
});
handle(boardReadings, () => packReadings(someReadings(7, { stepCount: 4 })));
handle(boardCommand, ({ command, sequence }) => {
  const { document } = fake.state();
  const variants =
    command.kind === 'setRecipe'
      ? document.variants.map((one) =>
          one.id === command.id ? { ...one, recipe: command.recipe } : one,
        )
      : document.variants;
  void fake.show({ seen: sequence, document: { ...document, variants } });
  return null;
});
handle(boardFocus, ({ variantId, columnIndex }) => {
  void fake.show({ focusId: variantId, focusColumn: columnIndex });
  return null;
});
handle(boardOptions, (options) => {
  void fake.show(options);
  return null;
});
record(
  ...[
    boardUndo,
    boardStart,
    boardCancel,
    boardAdd,
    boardAddDirection,
    boardPaste,
    boardCopy,
    boardBase,
  ],
  ...[boardSavePng, boardSaveFile, boardCopyText, boardShowFeature, boardGenerate, boardAct],
);
