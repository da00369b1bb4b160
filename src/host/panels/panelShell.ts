import { Uri, type WebviewPanel } from 'vscode';
import type { Connection } from '../../protocol/connection.ts';
import type { Dispatcher } from '../../protocol/dispatcher.ts';
import type { NotificationDefinition } from '../../protocol/request.ts';
import { Disposables } from '../disposables.ts';
import { panelPage } from './panelPage.ts';
import { type Throttle, throttle } from './throttle.ts';

const usualPushIntervalMs = 50;

/** Folders whose pictures a page may load; they may change. */
interface ShownFolders {
  readonly paths: readonly string[];
  readonly has: (path: string) => boolean;
}

export interface PanelShellOptions {
  readonly extensionUri: Uri;
  /** Folder below `webview/`. */
  readonly name: string;
  readonly title: string;
  /** Null: the page loads no files but its own. */
  readonly folders: ShownFolders | null;
  /** The least time between two pushes; 50 when left out. */
  readonly pushIntervalMs?: number;
}

/** What answers a panel's page. */
export interface PanelServer {
  /** A new table for each visible life of the page. */
  readonly dispatcher: () => Dispatcher;
  /** Tells the page the whole state; called at most once in `pushIntervalMs`. */
  readonly push: () => void;
}

/** One webview panel: its page, the conversation with it while it is visible, the folders it may read. */
export class PanelShell {
  readonly #panel: WebviewPanel;
  readonly #options: PanelShellOptions;
  readonly #owned = new Disposables();
  readonly #throttled: Throttle;
  #isClosed = false;
  #server: PanelServer | undefined;
  #connection: Connection | undefined;

  constructor(panel: WebviewPanel, options: PanelShellOptions) {
    this.#panel = panel;
    this.#options = options;
    this.#throttled = this.#owned.add(
      throttle(() => {
        this.#server?.push();
      }, options.pushIntervalMs ?? usualPushIntervalMs),
    );
    this.#owned.add(
      panel.onDidChangeViewState(() => {
        this.#followVisibility();
      }),
    );
    panel.onDidDispose(() => {
      this.#isClosed = true;
      this.#connection?.dispose('The panel was closed.');
      this.#connection = undefined;
      this.#owned.dispose();
    });
    const { extensionUri } = options;
    panel.iconPath = {
      light: Uri.joinPath(extensionUri, 'media', 'panel-light.svg'),
      dark: Uri.joinPath(extensionUri, 'media', 'panel-dark.svg'),
    };
  }

  /** Opens the page; called once. */
  serve(server: PanelServer): void {
    this.#server = server;
    this.#followVisibility();
    this.#open();
  }

  /** A closed panel has none: what its work still reports is not shown. */
  set title(title: string) {
    if (!this.#isClosed && this.#panel.title !== title) this.#panel.title = title;
  }

  reveal(preserveFocus: boolean): void {
    this.#panel.reveal(undefined, preserveFocus);
  }

  /** The state is another one. */
  changed(): void {
    if (!this.#isClosed) this.#throttled();
  }

  notify<Params>(definition: NotificationDefinition<Params>, params: Params): void {
    this.#connection?.notify(definition, params);
  }

  /** An address that the page can load; null for a path outside the folders of pictures. */
  uriOf(path: string | null): string | null {
    if (path === null || !this.#options.folders?.has(path)) return null;
    return this.#panel.webview.asWebviewUri(Uri.file(path)).toString();
  }

  /** The folders are others: a page that may read them begins anew. */
  foldersChanged(): void {
    this.#open();
  }

  #open(): void {
    const { webview } = this.#panel;
    const { extensionUri, folders, name, title } = this.#options;
    const dist = Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.options = {
      enableScripts: true,
      localResourceRoots: [dist, ...(folders?.paths ?? []).map((path) => Uri.file(path))],
    };
    const uri = (file: string): string => webview.asWebviewUri(Uri.joinPath(dist, file)).toString();
    webview.html = panelPage({
      title,
      cspSource: webview.cspSource,
      scriptUri: uri(`${name}.js`),
      styleUris: [uri(`${name}-style.css`)],
      hasPictures: folders !== null,
    });
  }

  /** A hidden page is gone with its half of the conversation; a visible one begins a new conversation. */
  #followVisibility(): void {
    if (this.#panel.visible === (this.#connection !== undefined)) return;
    this.#connection?.dispose('The panel was hidden.');
    this.#connection = undefined;
    if (this.#panel.visible && this.#server) void this.#connect(this.#server);
  }

  /** The conversation's code is loaded with the first page: before the page's own, so that no message is missed. */
  async #connect(server: PanelServer): Promise<void> {
    const { connectPanel } = await import('./panelConnection.ts');
    if (this.#isClosed || !this.#panel.visible || this.#connection) return;
    const { webview } = this.#panel;
    this.#connection = connectPanel(
      {
        post: (message) => webview.postMessage(message),
        onMessage: (listener) => webview.onDidReceiveMessage(listener),
      },
      server.dispatcher(),
    );
  }
}
