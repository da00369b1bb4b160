import { ViewColumn, type WebviewPanel, window } from 'vscode';
import { type Disposable, Disposables } from '../disposables.ts';
import { type PanelServer, PanelShell, type PanelShellOptions } from './panelShell.ts';

/** What one open panel does. */
export type PanelLife = PanelServer & Disposable;

export interface PanelKind<Life extends PanelLife> extends PanelShellOptions {
  readonly viewType: `featurescope.${string}`;
  /** Beside what is there, while there is only one column. */
  readonly isBeside: boolean;
  /** @param saved what the page kept with `setState`, after a reload of the window */
  readonly make: (shell: PanelShell, saved: unknown) => Life;
}

interface Open<Life> {
  readonly shell: PanelShell;
  readonly life: Life;
}

/** The open panels of one kind, the last used one first; they come back after a reload of the window. */
export class OpenPanels<Life extends PanelLife> implements Disposable {
  readonly #kind: PanelKind<Life>;
  readonly #owned = new Disposables();
  #open: readonly Open<Life>[] = [];

  constructor(kind: PanelKind<Life>) {
    this.#kind = kind;
    this.#owned.add(
      window.registerWebviewPanelSerializer(kind.viewType, {
        deserializeWebviewPanel: (panel, state: unknown) => {
          this.#adopt(panel, state);
          return Promise.resolve();
        },
      }),
    );
  }

  get lives(): readonly Life[] {
    return this.#open.map(({ life }) => life);
  }

  /** @param isNew although one is open */
  show({ isNew = false, preserveFocus = false } = {}): Life {
    const [last] = this.#open;
    if (last && !isNew) {
      last.shell.reveal(preserveFocus);
      return last.life;
    }
    const { all, activeTabGroup } = window.tabGroups;
    const isBeside = isNew || (this.#kind.isBeside && all.length === 1 && activeTabGroup.activeTab);
    const { viewType, title } = this.#kind;
    const viewColumn = isBeside ? ViewColumn.Beside : ViewColumn.Active;
    return this.#adopt(
      window.createWebviewPanel(viewType, title, { viewColumn, preserveFocus }),
      undefined,
    ).life;
  }

  /** The state of all is another one. */
  changed(): void {
    for (const { shell } of this.#open) shell.changed();
  }

  foldersChanged(): void {
    for (const { shell } of this.#open) shell.foldersChanged();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #adopt(panel: WebviewPanel, saved: unknown): Open<Life> {
    const shell = new PanelShell(panel, this.#kind);
    const open = { shell, life: this.#kind.make(shell, saved) };
    shell.serve(open.life);
    this.#open = [open, ...this.#open];
    panel.onDidChangeViewState(() => {
      if (panel.active) this.#open = [open, ...this.#open.filter((other) => other !== open)];
    });
    panel.onDidDispose(() => {
      this.#open = this.#open.filter((other) => other !== open);
      open.life.dispose();
    });
    return open;
  }
}
