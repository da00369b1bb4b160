import { ViewColumn, type WebviewPanel, window } from 'vscode';
import type { BoardSession } from '../board/boardSession.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import { BoardPanel, type BoardPanelPorts, emptyBoardTitle } from './boardPanel.ts';

const viewType = 'featurescope.board';

/** The ablation board: one panel. It keeps its own picture when the current one changes: edits belong to a picture. */
export class BoardPanels implements Disposable {
  readonly #ports: BoardPanelPorts;
  readonly #owned = new Disposables();
  #panel: BoardPanel | undefined;

  constructor(ports: BoardPanelPorts) {
    this.#ports = ports;
    this.#owned.add(
      window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: async (panel, state: unknown) => {
          await this.#adopt(panel).session.restore(state);
        },
      }),
    );
  }

  /** The board, with the current picture when it has none. */
  async show(): Promise<BoardSession> {
    this.#panel?.reveal();
    const { session } = this.#panel ?? this.#create();
    const { picture } = this.#ports.current;
    if (!session.document.base && picture) await session.setBase(picture);
    return session;
  }

  /** The model is another one, or what failed for want of an engine is tried again. */
  recover(): void {
    void this.#panel?.session.describe();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #create(): BoardPanel {
    const hasTab = window.tabGroups.activeTabGroup.activeTab !== undefined;
    const column = hasTab ? ViewColumn.Beside : ViewColumn.Active;
    return this.#adopt(window.createWebviewPanel(viewType, emptyBoardTitle, column));
  }

  #adopt(panel: WebviewPanel): BoardPanel {
    const adopted = new BoardPanel(panel, this.#ports);
    this.#panel = adopted;
    panel.onDidDispose(() => {
      if (this.#panel === adopted) this.#panel = undefined;
    });
    return adopted;
  }
}
