import { type TreeView, window } from 'vscode';
import { bytesText } from '../../protocol/countText.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import { usageText } from '../words.ts';
import { NewestReveal } from './newestReveal.ts';
import type { RunList } from './runList.ts';
import { isRunNode, type RunNode, RunsTree } from './runsTree.ts';
import { watchFolder } from './watchFolder.ts';

/** Longer than the 200 ms for which VS Code gathers changes of a tree. */
const retryMs = 250;

/** The view "Runs": its tree, its head line and its message. */
export class RunsView implements Disposable {
  readonly #owned = new Disposables();
  readonly #tree: RunsTree;
  readonly #view: TreeView<RunNode>;
  readonly #list: RunList;
  readonly #lookAgain: () => void;
  readonly #newest: NewestReveal;
  #currentId: string | undefined;
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
    this.#newest = this.#owned.add(
      new NewestReveal({
        canReveal: (runId) => this.#view.visible && this.#tree.nodeOf(runId) !== undefined,
        isSelected: (runId) =>
          this.#view.selection.some((node) => isRunNode(node) && node.run.runId === runId),
        reveal: async (runId) => {
          const node = this.#tree.nodeOf(runId);
          if (node) await this.#view.reveal(node, { select: true, focus: false });
        },
        later: (act) => {
          const timer = setTimeout(act, retryMs);
          return () => {
            clearTimeout(timer);
          };
        },
      }),
    );
    // Another window may have kept or deleted runs meanwhile.
    this.#lookAgain = () => {
      if (this.#view.visible && list.state === 'ready') void list.reload();
      this.#newest.again();
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
      ? `The kept runs take more than ${bytesText(usage.quotaBytes)}. Clean Up Storage removes the oldest.`
      : '';
    this.#tree.refresh();
    this.#newest.again();
  }

  /** The row of the current picture is selected, once, when the view is seen: it never opens by itself. */
  showCurrent(runId: string | undefined): void {
    if (runId === this.#currentId) return;
    this.#currentId = runId;
    this.#newest.want(runId);
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
