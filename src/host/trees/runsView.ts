import { type TreeView, window } from 'vscode';
import { type Disposable, Disposables } from '../disposables.ts';
import { sizeText, usageText } from '../words.ts';
import type { RunList } from './runList.ts';
import { isRunNode, type RunNode, RunsTree } from './runsTree.ts';
import { watchFolder } from './watchFolder.ts';

/** The view "Runs": its tree, its head line and its message. */
export class RunsView implements Disposable {
  readonly #owned = new Disposables();
  readonly #tree: RunsTree;
  readonly #view: TreeView<RunNode>;
  readonly #list: RunList;
  readonly #lookAgain: () => void;
  #currentId: string | undefined;
  #revealedId: string | undefined;
  #watching: { readonly dir: string; readonly watch: Disposable } | undefined;

  constructor(list: RunList) {
    this.#list = list;
    this.#tree = new RunsTree(list);
    this.#view = this.#owned.add(
      window.createTreeView('featurescope.runs', {
        treeDataProvider: this.#tree,
        canSelectMany: true,
        showCollapseAll: true,
      }),
    );
    // Another window may have kept or deleted runs meanwhile.
    this.#lookAgain = () => {
      if (this.#view.visible && list.state === 'ready') void list.reload();
      this.#reveal();
    };
    this.#owned.add(this.#view.onDidChangeVisibility(this.#lookAgain));
    this.#owned.add(
      window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.#lookAgain();
      }),
    );
    this.#owned.add({ dispose: () => this.#watching?.watch.dispose() });
  }

  get selected(): readonly RunNode[] {
    return this.#view.selection.filter(isRunNode);
  }

  refresh(): void {
    const { usage } = this.#list;
    this.#view.description = usage ? usageText(usage) : '';
    if (usage) this.#follow(usage.dir);
    const isOver = usage !== undefined && usage.sizeBytes > usage.quotaBytes;
    this.#view.message = isOver
      ? `The kept runs take more than ${sizeText(usage.quotaBytes)}. Clean Up Storage removes the oldest.`
      : '';
    this.#tree.refresh();
    this.#reveal();
  }

  /** The row of the current picture is selected, once, when the view is seen: it never opens by itself. */
  showCurrent(runId: string | undefined): void {
    if (runId === this.#currentId) return;
    this.#currentId = runId;
    this.#revealedId = undefined;
    this.#reveal();
  }

  #reveal(): void {
    const runId = this.#currentId;
    if (runId === undefined || runId === this.#revealedId || !this.#view.visible) return;
    const node = this.#tree.nodeOf(runId);
    if (!node) return;
    this.#revealedId = runId;
    // A selection of several that holds it already is the person's own.
    const isSelected = this.#view.selection.some(
      (one) => isRunNode(one) && one.run.runId === runId,
    );
    // A tree that changes under it refuses; the next picture is revealed all the same.
    if (!isSelected)
      this.#view.reveal(node, { select: true, focus: false }).then(undefined, () => 0);
  }

  /** Runs that other windows keep appear at once; what they delete, when this window is looked at. */
  #follow(dir: string): void {
    if (this.#watching?.dir === dir) return;
    this.#watching?.watch.dispose();
    this.#watching = { dir, watch: watchFolder(dir, this.#lookAgain) };
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
