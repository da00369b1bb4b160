import { ViewColumn, type WebviewPanel, window } from 'vscode';
import type { AcceptanceSavedState } from '../../protocol/acceptancePanel.ts';
import type { AcceptanceSettings } from '../../protocol/saes.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import {
  AcceptancePanel,
  type AcceptancePanelPorts,
  emptyAcceptanceTitle,
} from './acceptancePanel.ts';
import type { AcceptanceSession, SaeRef } from './acceptanceSession.ts';

const viewType = 'featurescope.acceptance';

/** The open acceptance reports: one an SAE, so that two can be looked at side by side. */
export class AcceptancePanels implements Disposable {
  readonly #ports: AcceptancePanelPorts;
  readonly #owned = new Disposables();
  readonly #panels = new Set<AcceptancePanel>();

  constructor(ports: AcceptancePanelPorts) {
    this.#ports = ports;
    this.#owned.add(
      window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: (panel, state: unknown) => {
          const saved = state as Partial<AcceptanceSavedState> | undefined;
          const { modelDir, saeId } = saved ?? {};
          if (typeof modelDir === 'string' && typeof saeId === 'string') {
            this.#adopt(panel, { modelDir, saeId }, savedSettings(saved));
          } else panel.dispose();
          return Promise.resolve();
        },
      }),
    );
  }

  show(ref: SaeRef): AcceptanceSession {
    const open = [...this.#panels].find(
      ({ session }) => session.ref.saeId === ref.saeId && session.ref.modelDir === ref.modelDir,
    );
    if (open) {
      open.reveal();
      return open.session;
    }
    const panel = window.createWebviewPanel(viewType, emptyAcceptanceTitle, ViewColumn.Active);
    return this.#adopt(panel, ref, null).session;
  }

  /** SAEs changed, or what failed for want of an engine or of trust can be tried again. */
  reload(): void {
    for (const { session } of this.#panels) void session.load();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #adopt(panel: WebviewPanel, ref: SaeRef, settings: AcceptanceSettings | null): AcceptancePanel {
    const adopted = new AcceptancePanel(panel, ref, settings, this.#ports);
    this.#panels.add(adopted);
    panel.onDidDispose(() => this.#panels.delete(adopted));
    return adopted;
  }
}

/** What a page of this version left behind; settings of another shape are not taken over. */
function savedSettings(
  saved: Partial<AcceptanceSavedState> | undefined,
): AcceptanceSettings | null {
  const settings = saved?.settings;
  if (!settings || !Array.isArray(settings.prompts)) return null;
  const numbers = [settings.seed, settings.steps, settings.guidanceScale];
  const isWhole = numbers.every((value) => typeof value === 'number');
  return isWhole && settings.prompts.every((one) => typeof one === 'string') ? settings : null;
}
