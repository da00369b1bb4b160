import { Uri as Uris, type Uri, type WebviewPanel } from 'vscode';
import type { Connection } from '../../protocol/connection.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import {
  featuresAct,
  featuresChanged,
  featuresCompare,
  featuresCopyText,
  featuresGenerate,
  featuresPin,
  featuresPixels,
  featuresReadings,
  featuresSaveFile,
  featuresSelect,
  featuresSnapshot,
  featuresStep,
  featuresUnet,
} from '../../protocol/featurePanel.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import { Disposables } from '../disposables.ts';
import type { KeptPicture } from '../features/currentPicture.ts';
import { promptLine, shortened } from '../words.ts';
import { FeatureSession, type FeatureSessionPorts } from './featureSession.ts';
import { connectPanel } from './panelConnection.ts';
import { panelPage } from './panelPage.ts';
import { throttle } from './throttle.ts';

const pushIntervalMs = 50;
const titleLength = 24;
export const emptyFeatureTitle = 'SAE Features';

export interface FeaturePanelPorts extends FeatureSessionPorts {
  readonly extensionUri: Uri;
  readonly copyText: (text: string) => PromiseLike<void>;
  /** Asks where and writes; does nothing when the person changes their mind. */
  readonly saveFile: (name: string, bytes: Uint8Array) => Promise<void>;
  /** Lets the person choose among the kept runs. */
  readonly pickOther: () => Promise<KeptPicture | undefined>;
  /** Makes the picture again, or the first one. */
  readonly generate: (picture: KeptPicture | null) => PromiseLike<unknown>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

/** Joins one webview panel and one session. */
export class FeaturePanel {
  readonly session: FeatureSession;
  readonly #panel: WebviewPanel;
  readonly #ports: FeaturePanelPorts;
  readonly #owned = new Disposables();
  readonly #push = throttle(() => {
    this.#connection?.notify(featuresChanged, this.session.state);
  }, pushIntervalMs);
  #connection: Connection | undefined;

  constructor(panel: WebviewPanel, ports: FeaturePanelPorts) {
    this.#panel = panel;
    this.#ports = ports;
    this.session = new FeatureSession(ports, () => {
      this.changed();
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
    this.changed();
  }

  reveal(preserveFocus: boolean): void {
    this.#panel.reveal(undefined, preserveFocus);
  }

  /** Tells the page, when it is there. */
  changed(): void {
    const { picture } = this.session.state;
    const title = picture
      ? `Features: ${shortened(promptLine(picture.manifest.prompt), titleLength)}`
      : emptyFeatureTitle;
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
    dispatcher.handle(featuresSnapshot, () => session.state);
    dispatcher.handle(featuresPixels, async ({ runId }) => {
      const { width, height, rgb } = await session.pixels(runId);
      return { width, height, rgb: new Uint8Array(rgb).buffer };
    });
    dispatcher.handle(featuresReadings, ({ runId }) => session.readings(runId));
    dispatcher.handle(featuresSelect, ({ feature }) => {
      ports.choice.select(feature);
      return null;
    });
    dispatcher.handle(featuresStep, ({ stepIndex }) => {
      ports.current.showStep(stepIndex);
      return null;
    });
    dispatcher.handle(featuresUnet, () => ports.modelBlocks.parts());
    dispatcher.handle(featuresPin, ({ feature, isPinned }) =>
      answered(ports.choice.pin(feature, isPinned)),
    );
    dispatcher.handle(featuresCompare, ({ isOn }) => answered(this.#compare(isOn)));
    dispatcher.handle(featuresCopyText, ({ text }) => answered(ports.copyText(text)));
    dispatcher.handle(featuresSaveFile, ({ name, bytes }) =>
      answered(ports.saveFile(name, new Uint8Array(bytes))),
    );
    dispatcher.handle(featuresGenerate, () => answered(ports.generate(ports.current.picture)));
    dispatcher.handle(featuresAct, ({ action }) => answered(ports.act(action)));
    return dispatcher;
  }

  async #compare(isOn: boolean): Promise<void> {
    const other = isOn ? await this.#ports.pickOther() : null;
    if (other !== undefined) this.session.compareWith(other);
  }

  #page(): string {
    const { webview } = this.#panel;
    const uri = (name: string): string =>
      webview
        .asWebviewUri(Uris.joinPath(this.#ports.extensionUri, 'dist', 'webview', name))
        .toString();
    return panelPage({
      title: emptyFeatureTitle,
      cspSource: webview.cspSource,
      scriptUri: uri('features.js'),
      styleUris: [uri('features-style.css')],
    });
  }
}
