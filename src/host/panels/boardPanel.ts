import { Uri as Uris, type Uri, type WebviewPanel } from 'vscode';
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
  boardPixelsReady,
  boardReadings,
  boardSaveFile,
  boardSavePng,
  boardShowFeature,
  boardSnapshot,
  boardStart,
  boardUndo,
} from '../../protocol/boardPanel.ts';
import type { Connection } from '../../protocol/connection.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { type FeatureRef, packReadings } from '../../protocol/featurePanel.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import type { PictureTarget } from '../actions/pictureActions.ts';
import { BoardSession, type BoardSessionPorts } from '../board/boardSession.ts';
import { removalOf } from '../board/sources.ts';
import { Disposables } from '../disposables.ts';
import type { CurrentPicture, KeptPicture } from '../features/currentPicture.ts';
import { promptLine, shortened } from '../words.ts';
import { connectPanel } from './panelConnection.ts';
import { panelPage } from './panelPage.ts';
import { throttle } from './throttle.ts';

const pushIntervalMs = 30;
const titleLength = 24;
export const emptyBoardTitle = 'SAE Ablation Board';

export interface BoardPanelPorts extends BoardSessionPorts {
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
  readonly showFeature: (feature: FeatureRef) => unknown;
  readonly generate: () => PromiseLike<unknown>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

/** Joins one webview panel and one session. */
export class BoardPanel {
  readonly session: BoardSession;
  readonly #panel: WebviewPanel;
  readonly #ports: BoardPanelPorts;
  readonly #owned = new Disposables();
  readonly #push = throttle(() => {
    this.#tell();
  }, pushIntervalMs);
  #connection: Connection | undefined;
  /** The picture in focus that the page was given last. */
  #givenId: string | undefined;

  constructor(panel: WebviewPanel, ports: BoardPanelPorts) {
    this.#panel = panel;
    this.#ports = ports;
    this.session = new BoardSession(ports, () => {
      this.#changed();
    });
    this.#owned.add(this.#push);
    this.#owned.add(
      panel.onDidChangeViewState(() => {
        this.#followVisibility();
      }),
    );
    panel.onDidDispose(() => {
      this.session.dispose();
      this.#connection?.dispose('The panel was closed.');
      this.#connection = undefined;
      this.#owned.dispose();
    });
    const { extensionUri } = ports;
    panel.iconPath = {
      light: Uris.joinPath(extensionUri, 'media', 'panel-light.svg'),
      dark: Uris.joinPath(extensionUri, 'media', 'panel-dark.svg'),
    };
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [Uris.joinPath(extensionUri, 'dist', 'webview')],
    };
    this.#followVisibility();
    panel.webview.html = this.#page();
    void this.session.describe();
  }

  reveal(): void {
    this.#panel.reveal();
  }

  #tell(): void {
    const { state } = this.session;
    const cell = state.columns[state.focusColumn]?.edited[state.focusId ?? ''];
    if (cell && cell.pictureId !== this.#givenId) {
      this.#givenId = cell.pictureId;
      const pixels = this.#pixels(cell.pictureId);
      this.#connection?.notify(boardPixelsReady, { pictureId: cell.pictureId, ...pixels });
    }
    this.#connection?.notify(boardChanged, state);
  }

  #pixels(pictureId: string): { width: number; height: number; rgb: ArrayBuffer } {
    const { width, height, rgb } = this.session.find(pictureId).picture;
    return { width, height, rgb: new Uint8Array(rgb).buffer };
  }

  #changed(): void {
    const { base } = this.session.document;
    const title = base
      ? `Board: ${shortened(promptLine(base.prompt), titleLength)}`
      : emptyBoardTitle;
    if (this.#panel.title !== title) this.#panel.title = title;
    this.#push();
  }

  /** A hidden page is gone with its half of the conversation; a visible one begins a new conversation. */
  #followVisibility(): void {
    if (this.#panel.visible === (this.#connection !== undefined)) return;
    this.#connection?.dispose('The panel was hidden.');
    this.#connection = this.#panel.visible ? this.#connect() : undefined;
  }

  #connect(): Connection {
    const { webview } = this.#panel;
    return connectPanel(
      {
        post: (message) => webview.postMessage(message),
        onMessage: (listener) => webview.onDidReceiveMessage(listener),
      },
      this.#dispatcher(),
    );
  }

  #dispatcher(): Dispatcher {
    const { session } = this;
    const ports = this.#ports;
    const dispatcher = new Dispatcher();
    const answered = async (work: unknown): Promise<null> => {
      await work;
      return null;
    };
    dispatcher.handle(boardSnapshot, () => session.state);
    dispatcher.handle(boardPixels, ({ pictureId }) => this.#pixels(pictureId));
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
    dispatcher.handle(boardAdd, ({ features }) => answered(this.#add(features)));
    dispatcher.handle(boardPaste, async () => {
      await session.paste(await ports.readClipboard());
      return null;
    });
    dispatcher.handle(boardCopy, async ({ variantId, form }) => {
      await ports.copyText(await session.copy(variantId, form));
      return null;
    });
    dispatcher.handle(boardBase, ({ from }) => answered(this.#setBase(from)));
    dispatcher.handle(boardSavePng, ({ pictureId }) => answered(this.#savePng(pictureId)));
    dispatcher.handle(boardSaveFile, ({ name, bytes }) =>
      answered(ports.saveFile(name, new Uint8Array(bytes))),
    );
    dispatcher.handle(boardCopyText, ({ text }) => answered(ports.copyText(text)));
    dispatcher.handle(boardShowFeature, ({ feature }) => answered(ports.showFeature(feature)));
    dispatcher.handle(boardGenerate, () => answered(ports.generate()));
    dispatcher.handle(boardAct, ({ action }) => answered(ports.act(action)));
    return dispatcher;
  }

  async #add(features: readonly FeatureRef[] | null): Promise<void> {
    const picked = features ?? [await this.#ports.pickFeature()];
    for (const feature of picked) if (feature) this.session.add(removalOf(feature));
  }

  async #setBase(from: 'current' | 'runs'): Promise<void> {
    const { current, pickRun } = this.#ports;
    const picture = from === 'current' ? current.picture : await pickRun();
    if (picture) await this.session.setBase(picture);
  }

  async #savePng(pictureId: string): Promise<void> {
    const { manifest, picture, cell } = this.session.find(pictureId);
    const runId = cell.runId ?? undefined;
    await this.#ports.savePng({ manifest, runId, load: () => Promise.resolve(picture) });
  }

  #page(): string {
    const { webview } = this.#panel;
    const uri = (name: string): string =>
      webview
        .asWebviewUri(Uris.joinPath(this.#ports.extensionUri, 'dist', 'webview', name))
        .toString();
    return panelPage({
      title: emptyBoardTitle,
      cspSource: webview.cspSource,
      scriptUri: uri('board.js'),
      styleUris: [uri('board-style.css')],
    });
  }
}
