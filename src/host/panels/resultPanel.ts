import { type Uri, type Webview, type WebviewPanel, Uri as Uris } from 'vscode';
import type { Connection } from '../../protocol/connection.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { invalidInput } from '../../protocol/errors.ts';
import {
  type ProblemAction,
  resultAct,
  resultCancel,
  resultChanged,
  resultCopyText,
  resultEnlarged,
  resultGenerate,
  resultPixels,
  resultReveal,
  resultSavePng,
  resultSnapshot,
} from '../../protocol/resultPanel.ts';
import { Disposables } from '../disposables.ts';
import { promptLine, shortened } from '../words.ts';
import { connectPanel } from './panelConnection.ts';
import { panelPage } from './panelPage.ts';
import { ResultSession, type ResultSessionPorts, type ShownPicture } from './resultSession.ts';
import { throttle } from './throttle.ts';

/** Ten pushes a second look continuous and leave the window free. */
const pushIntervalMs = 100;
const titleLength = 32;
export const emptyTitle = 'SAE Result';

export interface ResultPanelPorts extends ResultSessionPorts {
  readonly extensionUri: Uri;
  readonly savePng: (picture: ShownPicture) => Promise<void>;
  readonly reveal: (picture: ShownPicture) => Promise<void>;
  readonly copyText: (text: string) => PromiseLike<void>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
  readonly onChange: () => void;
}

/** Joins one webview panel and one session. Closing the panel cancels what it runs. */
export class ResultPanel {
  readonly session: ResultSession;
  readonly #panel: WebviewPanel;
  readonly #ports: ResultPanelPorts;
  readonly #owned = new Disposables();
  readonly #push = throttle(() => {
    this.#connection?.notify(resultChanged, this.session.state);
  }, pushIntervalMs);
  #connection: Connection | undefined;

  constructor(panel: WebviewPanel, ports: ResultPanelPorts) {
    this.#panel = panel;
    this.#ports = ports;
    this.session = new ResultSession(ports, () => {
      this.#changed();
    });
    this.#owned.add(this.#push);
    this.#owned.add(
      panel.onDidChangeViewState(() => {
        this.#followVisibility();
      }),
    );
    panel.onDidDispose(() => {
      this.#connection?.dispose('The panel was closed.');
      this.#connection = undefined;
      this.#owned.dispose();
      void this.session.cancel();
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
    panel.webview.html = this.#page(panel.webview);
  }

  get isActive(): boolean {
    return this.#panel.active;
  }

  reveal(preserveFocus: boolean): void {
    this.#panel.reveal(undefined, preserveFocus);
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
    dispatcher.handle(resultSnapshot, () => session.state);
    dispatcher.handle(resultPixels, ({ pictureId }) => {
      const { width, height, rgb } = this.#picture(pictureId).picture;
      return { width, height, rgb: new Uint8Array(rgb).buffer };
    });
    const answered = async (work: PromiseLike<unknown>): Promise<null> => {
      await work;
      return null;
    };
    dispatcher.handle(resultGenerate, ({ form, seedCount }) =>
      answered(session.generate(form, seedCount)),
    );
    dispatcher.handle(resultEnlarged, ({ pictureId }) => {
      session.choose(pictureId);
      return null;
    });
    dispatcher.handle(resultCancel, () => answered(session.cancel()));
    dispatcher.handle(resultSavePng, ({ pictureId }) =>
      answered(ports.savePng(this.#picture(pictureId))),
    );
    dispatcher.handle(resultReveal, ({ pictureId }) =>
      answered(ports.reveal(this.#picture(pictureId))),
    );
    dispatcher.handle(resultCopyText, ({ text }) => answered(ports.copyText(text)));
    dispatcher.handle(resultAct, ({ action }) => answered(this.#act(action)));
    return dispatcher;
  }

  async #act(action: ProblemAction | 'showLog'): Promise<void> {
    const unkept = this.session.unkept;
    if (action === 'saveElsewhere' && unkept) await this.#ports.savePng(unkept);
    else await this.#ports.act(action);
  }

  #picture(pictureId: string): ShownPicture {
    const picture = this.session.picture(pictureId);
    if (!picture) throw invalidInput(`The panel has no picture "${pictureId}".`);
    return picture;
  }

  #changed(): void {
    const { prompt } = this.session.state.form;
    const title = prompt === '' ? emptyTitle : shortened(promptLine(prompt), titleLength);
    if (this.#panel.title !== title) this.#panel.title = title;
    this.#push();
    this.#ports.onChange();
  }

  #page(webview: Webview): string {
    const uri = (name: string): string =>
      webview
        .asWebviewUri(Uris.joinPath(this.#ports.extensionUri, 'dist', 'webview', name))
        .toString();
    return panelPage({
      title: emptyTitle,
      cspSource: webview.cspSource,
      scriptUri: uri('result.js'),
      styleUris: [uri('result-style.css')],
    });
  }
}
