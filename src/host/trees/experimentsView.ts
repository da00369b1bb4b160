import { type Uri, window, workspace } from 'vscode';
import { experimentSuffix } from '../../protocol/experiment.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import { ExperimentsTree, type ReadResults } from './experimentsTree.ts';

/** The view "Experiments": its tree, which follows the workspace's files. */
export class ExperimentsView implements Disposable {
  readonly #owned = new Disposables();
  readonly #tree: ExperimentsTree;

  constructor(read: ReadResults) {
    this.#tree = new ExperimentsTree(read);
    this.#owned.add(
      window.createTreeView('featurescope.experiments', { treeDataProvider: this.#tree }),
    );
    const watcher = this.#owned.add(workspace.createFileSystemWatcher(`**/*${experimentSuffix}`));
    const refresh = (): void => {
      this.#tree.refresh();
    };
    this.#owned.add(watcher.onDidCreate(refresh));
    this.#owned.add(watcher.onDidDelete(refresh));
    this.#owned.add(
      watcher.onDidChange((uri) => {
        this.#tree.refreshOne(uri);
      }),
    );
    this.#owned.add(workspace.onDidChangeWorkspaceFolders(refresh));
  }

  /** All of them, or one whose file or results are others. */
  refresh(uri?: Uri): void {
    if (uri) this.#tree.refreshOne(uri);
    else this.#tree.refresh();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
