import { Uri as Uris, type Uri, type WebviewPanel } from 'vscode';
import {
  acceptanceAct,
  acceptanceCancel,
  acceptanceChanged,
  type AcceptanceCommand,
  acceptanceCommand,
  acceptanceCommands,
  acceptanceCopyText,
  acceptanceRun,
  acceptanceSaveText,
  acceptanceSnapshot,
} from '../../protocol/acceptancePanel.ts';
import type { Connection } from '../../protocol/connection.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import type { AcceptanceSettings } from '../../protocol/saes.ts';
import { Disposables } from '../disposables.ts';
import {
  AcceptanceSession,
  type AcceptanceSessionPorts,
  type SaeRef,
} from './acceptanceSession.ts';
import { connectPanel } from './panelConnection.ts';
import { panelPage } from './panelPage.ts';
import { throttle } from './throttle.ts';

const pushIntervalMs = 50;
export const emptyAcceptanceTitle = 'SAE Report';

export interface AcceptancePanelPorts extends AcceptanceSessionPorts {
  readonly extensionUri: Uri;
  readonly copyText: (text: string) => PromiseLike<void>;
  /** Asks where and writes; does nothing when the person changes their mind. */
  readonly saveText: (name: string, text: string) => PromiseLike<void>;
  readonly command: (command: AcceptanceCommand, ref: SaeRef) => PromiseLike<unknown>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

/** Joins one webview panel and one session. */
export class AcceptancePanel {
  readonly session: AcceptanceSession;
  readonly #panel: WebviewPanel;
  readonly #ports: AcceptancePanelPorts;
  readonly #owned = new Disposables();
  readonly #push = throttle(() => {
    this.#connection?.notify(acceptanceChanged, this.session.state);
  }, pushIntervalMs);
  #connection: Connection | undefined;

  constructor(
    panel: WebviewPanel,
    ref: SaeRef,
    settings: AcceptanceSettings | null,
    ports: AcceptancePanelPorts,
  ) {
    this.#panel = panel;
    this.#ports = ports;
    this.session = new AcceptanceSession(ref, settings, ports, () => {
      this.#changed();
    });
    this.#owned.add(this.#push);
    this.#owned.add(
      panel.onDidChangeViewState(() => {
        this.#followVisibility();
      }),
    );
    panel.onDidDispose(() => {
      this.session.cancel();
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
    void this.session.load();
  }

  reveal(): void {
    this.#panel.reveal();
  }

  #changed(): void {
    const { sae } = this.session.state;
    const title = sae ? `SAE Report: ${sae.block}` : emptyAcceptanceTitle;
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
    dispatcher.handle(acceptanceSnapshot, () => ({ state: session.state, ...session.ref }));
    dispatcher.handle(acceptanceRun, ({ settings }) => {
      void session.run(settings);
      return null;
    });
    dispatcher.handle(acceptanceCancel, () => {
      session.cancel();
      return null;
    });
    dispatcher.handle(acceptanceCopyText, ({ text }) => answered(ports.copyText(text)));
    dispatcher.handle(acceptanceSaveText, ({ name, text }) => answered(ports.saveText(name, text)));
    dispatcher.handle(acceptanceCommand, ({ command }) => {
      if (!acceptanceCommands.includes(command)) throw invalidInput(`No command "${command}".`);
      return answered(ports.command(command, session.ref));
    });
    dispatcher.handle(acceptanceAct, ({ action }) => answered(ports.act(action)));
    return dispatcher;
  }

  #page(): string {
    const { webview } = this.#panel;
    const uri = (name: string): string =>
      webview
        .asWebviewUri(Uris.joinPath(this.#ports.extensionUri, 'dist', 'webview', name))
        .toString();
    return panelPage({
      title: emptyAcceptanceTitle,
      cspSource: webview.cspSource,
      scriptUri: uri('acceptance.js'),
      styleUris: [uri('acceptance-style.css')],
    });
  }
}
