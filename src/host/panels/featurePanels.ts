import { ViewColumn, type WebviewPanel, window } from 'vscode';
import type { FeatureSavedState } from '../../protocol/featurePanel.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import type { KeptPicture } from '../features/currentPicture.ts';
import { emptyFeatureTitle, FeaturePanel, type FeaturePanelPorts } from './featurePanel.ts';

const viewType = 'featurescope.features';

/** The feature view: one panel, which follows the current picture and the chosen feature. */
export class FeaturePanels implements Disposable {
  readonly #ports: FeaturePanelPorts;
  readonly #owned = new Disposables();
  #panel: FeaturePanel | undefined;

  constructor(ports: FeaturePanelPorts) {
    this.#ports = ports;
    ports.current.onDidChange(() => {
      this.#panel?.session.pictureChanged();
    });
    ports.choice.onDidChange(() => {
      this.#panel?.changed();
    });
    this.#owned.add(
      window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          const { runId, otherRunId } = (state ?? {}) as Partial<FeatureSavedState>;
          await this.#adopt(panel).session.restore(textOrNull(runId), textOrNull(otherRunId));
        },
      }),
    );
  }

  /** Beside what is there, so that picture and features are seen together. */
  show({ preserveFocus = false } = {}): void {
    if (this.#panel) {
      this.#panel.reveal(preserveFocus);
      return;
    }
    const viewColumn = window.activeTextEditor ?? window.tabGroups.activeTabGroup.activeTab;
    this.#adopt(
      window.createWebviewPanel(viewType, emptyFeatureTitle, {
        viewColumn: viewColumn ? ViewColumn.Beside : ViewColumn.Active,
        preserveFocus,
      }),
    );
  }

  /** The shown picture beside another one. */
  compareWith(other: KeptPicture): void {
    this.#panel?.session.compareWith(other);
  }

  /** Opens the panel at a block, or at the schematic of the U-net. */
  showAt(target: string): void {
    this.show();
    this.#panel?.session.lookAt(target);
  }

  /** The runs are gone. */
  forget(runIds: readonly string[]): void {
    this.#panel?.session.forget(runIds);
  }

  /** What failed for want of an engine or of trust is tried again. */
  recover(): void {
    this.#panel?.session.recover();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #adopt(panel: WebviewPanel): FeaturePanel {
    const adopted = new FeaturePanel(panel, this.#ports);
    this.#panel = adopted;
    panel.onDidDispose(() => {
      if (this.#panel === adopted) this.#panel = undefined;
    });
    return adopted;
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
