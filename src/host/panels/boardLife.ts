import type { Uri } from 'vscode';
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
  boardPixelsReady,
  boardReadings,
  boardSaveFile,
  boardSavePng,
  boardShowFeature,
  boardSnapshot,
  boardStart,
  boardUndo,
} from '../../protocol/boardPanel.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { invalidInput } from '../../protocol/errors.ts';
import { type FeatureRef, packReadings } from '../../protocol/featurePanel.ts';
import type { EditRecipe, PictureBase } from '../../protocol/recipe.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import type { PictureTarget } from '../actions/pictureActions.ts';
import { BoardSession, type BoardSessionPorts } from '../board/boardSession.ts';
import { removalOf } from '../board/sources.ts';
import type { CurrentPicture, KeptPicture } from '../features/currentPicture.ts';
import { promptLine, shortened } from '../words.ts';
import { answered } from './answered.ts';
import type { PanelLife } from './openPanels.ts';
import type { PanelShell } from './panelShell.ts';

const titleLength = 24;
export const emptyBoardTitle = 'SAE Ablation Board';

export interface BoardPanelsPorts extends BoardSessionPorts {
  readonly extensionUri: Uri;
  readonly current: CurrentPicture;
  readonly copyText: (text: string) => PromiseLike<void>;
  readonly readClipboard: () => PromiseLike<string>;
  /** Asks where and writes; does nothing when the person changes their mind. */
  readonly saveFile: (name: string, bytes: Uint8Array) => Promise<void>;
  readonly savePng: (target: PictureTarget) => Promise<void>;
  /** Lets the person choose among the kept runs. */
  readonly pickRun: () => Promise<KeptPicture | undefined>;
  /** Lets the person name a feature; `undefined` when they change their mind. */
  readonly pickFeature: () => Promise<FeatureRef | undefined>;
  /** Lets the person make a direction; the edit that removes it. */
  readonly pickDirection: (base: PictureBase) => Promise<EditRecipe | undefined>;
  readonly showFeature: (feature: FeatureRef) => unknown;
  readonly generate: () => PromiseLike<unknown>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

export interface BoardLife extends PanelLife {
  readonly session: BoardSession;
}

/** What the ablation board does. */
export function boardLife(ports: BoardPanelsPorts, shell: PanelShell, saved: unknown): BoardLife {
  /** The picture in focus that the page was given last. */
  let givenId: string | undefined;
  const session = new BoardSession(ports, () => {
    const { base } = session.document;
    // A file's editor is called after the file.
    if (!ports.file) {
      shell.title = base
        ? `Board: ${shortened(promptLine(base.prompt), titleLength)}`
        : emptyBoardTitle;
    }
    shell.changed();
  });
  void session.describe();
  if (saved !== undefined) void session.restore(saved);
  return {
    session,
    dispatcher: () => boardDispatcher(session, ports),
    push: () => {
      const { state } = session;
      const cell = state.columns[state.focusColumn]?.edited[state.focusId ?? ''];
      if (cell && cell.pictureId !== givenId) {
        givenId = cell.pictureId;
        const { pictureId } = cell;
        shell.notify(boardPixelsReady, { pictureId, ...pixelsOf(session, pictureId) });
      }
      shell.notify(boardChanged, state);
    },
    dispose: () => {
      session.dispose();
    },
  };
}

function pixelsOf(session: BoardSession, pictureId: string) {
  const { width, height, rgb } = session.find(pictureId).picture;
  return { width, height, rgb: new Uint8Array(rgb).buffer };
}

/** @throws `invalidInput` before there is a picture, and as `makeDirection` */
async function addDirection(
  session: BoardSession,
  { pickDirection }: Pick<BoardPanelsPorts, 'pickDirection'>,
): Promise<void> {
  const { base } = session.document;
  if (!base) throw invalidInput('The board has no picture yet. Generate one first.');
  const recipe = await pickDirection(base);
  if (recipe) session.add(recipe);
}

function boardDispatcher(session: BoardSession, ports: BoardPanelsPorts): Dispatcher {
  const add = async (features: readonly FeatureRef[] | null): Promise<void> => {
    const picked = features ?? [await ports.pickFeature()];
    for (const feature of picked) if (feature) session.add(removalOf(feature));
  };
  const setBase = async (from: 'current' | 'runs'): Promise<void> => {
    const picture = from === 'current' ? ports.current.picture : await ports.pickRun();
    if (picture) await session.setBase(picture);
  };
  const savePng = async (pictureId: string): Promise<void> => {
    const { manifest, picture, cell } = session.find(pictureId);
    const runId = cell.runId ?? undefined;
    await ports.savePng({ manifest, runId, load: () => Promise.resolve(picture) });
  };
  const dispatcher = new Dispatcher();
  dispatcher.handle(boardSnapshot, () => session.state);
  dispatcher.handle(boardPixels, ({ pictureId }) => pixelsOf(session, pictureId));
  dispatcher.handle(boardReadings, async ({ runId }) =>
    packReadings(await ports.readings.of(runId)),
  );
  dispatcher.handle(boardCommand, ({ command, sequence }) => {
    session.perform(command, sequence);
    return null;
  });
  dispatcher.handle(boardUndo, ({ isRedo }) => {
    session.undo(isRedo);
    return null;
  });
  dispatcher.handle(boardFocus, ({ variantId, columnIndex }) => {
    session.focus(variantId, columnIndex);
    return null;
  });
  dispatcher.handle(boardOptions, (options) => {
    session.setOptions(options);
    return null;
  });
  dispatcher.handle(boardStart, ({ work }) => {
    void session.start(work);
    return null;
  });
  dispatcher.handle(boardCancel, () => {
    session.cancel();
    return null;
  });
  dispatcher.handle(boardAdd, ({ features }) => answered(add(features)));
  dispatcher.handle(boardAddDirection, () => answered(addDirection(session, ports)));
  dispatcher.handle(boardPaste, async () => {
    await session.paste(await ports.readClipboard());
    return null;
  });
  dispatcher.handle(boardCopy, async ({ variantId, form }) => {
    await ports.copyText(await session.copy(variantId, form));
    return null;
  });
  dispatcher.handle(boardBase, ({ from }) => answered(setBase(from)));
  dispatcher.handle(boardSavePng, ({ pictureId }) => answered(savePng(pictureId)));
  dispatcher.handle(boardSaveFile, ({ name, bytes }) =>
    answered(ports.saveFile(name, new Uint8Array(bytes))),
  );
  dispatcher.handle(boardCopyText, ({ text }) => answered(ports.copyText(text)));
  dispatcher.handle(boardShowFeature, ({ feature }) => answered(ports.showFeature(feature)));
  dispatcher.handle(boardGenerate, () => answered(ports.generate()));
  dispatcher.handle(boardAct, ({ action }) => answered(ports.act(action)));
  return dispatcher;
}
