import { ViewColumn, type WebviewPanel, window } from 'vscode';
import type { ResultForm, ResultSavedState } from '../../protocol/resultPanel.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import { emptyTitle, ResultPanel, type ResultPanelPorts } from './resultPanel.ts';
import type { ResultSession, ShownPicture } from './resultSession.ts';

const viewType = 'featurescope.result';

/** All open result panels, the last used one first. */
export class ResultPanels implements Disposable {
  readonly #ports: ResultPanelPorts;
  readonly #owned = new Disposables();
  #panels: readonly ResultPanel[] = [];

  constructor(ports: ResultPanelPorts) {
    this.#ports = ports;
    this.#owned.add(
      window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          const { session } = this.#adopt(panel);
          const saved = state as Partial<ResultSavedState> | undefined;
          await session.show(saved?.pictureIds ?? [], savedForm(saved));
        },
      }),
    );
  }

  get sessions(): readonly ResultSession[] {
    return this.#panels.map(({ session }) => session);
  }

  /** The session that commands without a target mean. */
  get current(): ResultSession | undefined {
    return this.#panels[0]?.session;
  }

  /** The last used panel, or a new one when that is busy or holds a picture that exists only there. Shows it. */
  available({ preserveFocus = false } = {}): ResultSession {
    const [last] = this.#panels;
    if (last && !last.session.isRunning && !last.session.unkept) {
      last.reveal(preserveFocus);
      return last.session;
    }
    const panel = window.createWebviewPanel(viewType, emptyTitle, {
      viewColumn: ViewColumn.Active,
      preserveFocus,
    });
    return this.#adopt(panel).session;
  }

  find(pictureId: string): ShownPicture | undefined {
    return this.sessions.map((session) => session.picture(pictureId)).find(Boolean);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #adopt(panel: WebviewPanel): ResultPanel {
    const adopted = new ResultPanel(panel, this.#ports);
    this.#panels = [adopted, ...this.#panels];
    panel.onDidChangeViewState(() => {
      if (!panel.active || this.#panels[0] === adopted) return;
      this.#panels = [adopted, ...this.#panels.filter((other) => other !== adopted)];
      this.#ports.onChange();
    });
    panel.onDidDispose(() => {
      this.#panels = this.#panels.filter((other) => other !== adopted);
      this.#ports.onChange();
    });
    this.#ports.onChange();
    return adopted;
  }
}

/** What a page of this version left behind; a form of another version is not taken over. */
function savedForm(saved: Partial<ResultSavedState> | undefined): ResultForm | undefined {
  const form = saved?.form;
  return typeof form?.prompt === 'string' && typeof form.seed === 'number' ? form : undefined;
}
