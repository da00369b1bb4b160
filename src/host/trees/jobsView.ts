import { type TreeView, window } from 'vscode';
import { type Disposable, Disposables } from '../disposables.ts';
import type { JobList } from '../jobs/jobList.ts';
import { countText } from '../../protocol/countText.ts';
import { type JobNode, JobsTree } from './jobsTree.ts';

/** The view "Jobs": its tree, and a badge with the jobs that wait or run. */
export class JobsView implements Disposable {
  readonly #owned = new Disposables();
  readonly #list: JobList;
  readonly #tree: JobsTree;
  readonly #view: TreeView<JobNode>;

  constructor(list: JobList) {
    this.#list = list;
    this.#tree = new JobsTree(list);
    this.#view = this.#owned.add(
      window.createTreeView('featurescope.jobs', { treeDataProvider: this.#tree }),
    );
    // Jobs of other windows and of the command line have moved on meanwhile.
    const lookAgain = (): void => {
      if (this.#view.visible && list.state === 'ready') void list.reload();
    };
    this.#owned.add(this.#view.onDidChangeVisibility(lookAgain));
    this.#owned.add(
      window.onDidChangeWindowState(({ focused }) => {
        if (focused) lookAgain();
      }),
    );
  }

  refresh(): void {
    const { length } = this.#list.active;
    const tooltip = `${countText(length, 'job')} at work`;
    this.#view.badge = length > 0 ? { value: length, tooltip } : undefined;
    this.#tree.refresh();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
