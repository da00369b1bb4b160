import { ViewColumn, type WebviewPanel, window } from 'vscode';
import { type Disposable, Disposables } from '../disposables.ts';
import { type PanelServer, PanelShell, type PanelShellOptions } from './panelShell.ts';

/** What one open panel does. */
export type PanelLife = PanelServer & Disposable;

export interface PanelKind<Life extends PanelLife> extends PanelShellOptions {
  readonly viewType: `featurescope.${string}`;
  /** Beside what is there, while there is only one column; 'always': beside the active one of several, too. */
  readonly isBeside: boolean | 'always';
  /** @param saved of a new panel undefined; after a reload of the window what its page kept, null for nothing */
  readonly make: (shell: PanelShell, saved: unknown) => Life;
  /** A page that kept something else is closed after a reload; when left out, none is. */
  readonly canRestore?: (saved: unknown) => boolean;
  /** Other panels are open, or another one was used last. */
  readonly onChange?: () => void;
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
          if (kind.canRestore?.(state) === false) panel.dispose();
          else this.#adopt(panel, state ?? null);
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
    if (!last || isNew) return this.add({ isBeside: isNew || this.#isBeside, preserveFocus });
    last.shell.reveal(preserveFocus);
    return last.life;
  }

  /** One more panel. @param saved as if its page had kept it */
  add({ isBeside = false, preserveFocus = false } = {}, saved?: unknown): Life {
    const { viewType, title } = this.#kind;
    const viewColumn = isBeside ? ViewColumn.Beside : ViewColumn.Active;
    const panel = window.createWebviewPanel(viewType, title, { viewColumn, preserveFocus });
    return this.#adopt(panel, saved).life;
  }

  /** Brings the panel of a life to the front. */
  reveal(life: Life): void {
    this.#open.find((one) => one.life === life)?.shell.reveal(false);
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

  get #isBeside(): boolean {
    const { all, activeTabGroup } = window.tabGroups;
    const { isBeside } = this.#kind;
    const hasPlace = isBeside === 'always' || (isBeside && all.length === 1);
    return hasPlace && activeTabGroup.activeTab !== undefined;
  }

  #adopt(panel: WebviewPanel, saved: unknown): Open<Life> {
    const shell = new PanelShell(panel, this.#kind);
    const open = { shell, life: this.#kind.make(shell, saved) };
    shell.serve(open.life);
    this.#set([open, ...this.#open]);
    panel.onDidChangeViewState(() => {
      if (!panel.active || this.#open[0] === open) return;
      this.#set([open, ...this.#open.filter((other) => other !== open)]);
    });
    panel.onDidDispose(() => {
      this.#set(this.#open.filter((other) => other !== open));
      open.life.dispose();
    });
    return open;
  }

  #set(open: readonly Open<Life>[]): void {
    this.#open = open;
    this.#kind.onChange?.();
  }
}
