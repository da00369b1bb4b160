import { runTitle, seedWords } from '../../protocol/runTitle.ts';
import { type TreeView, window } from 'vscode';
import { type Disposable, Disposables } from '../disposables.ts';
import type { BlockList } from '../features/blockList.ts';
import type { CurrentPicture } from '../features/currentPicture.ts';
import type { FeatureChoice } from '../features/featureChoice.ts';
import { shortened } from '../words.ts';
import { type BlockNode, BlocksTree } from './blocksTree.ts';

const promptLength = 60;

/** The view "Blocks & Features": its tree, and which picture and filter it is about. */
export class BlocksView implements Disposable {
  readonly #owned = new Disposables();
  readonly #list: BlockList;
  readonly #choice: FeatureChoice;
  readonly #current: CurrentPicture;
  readonly #tree: BlocksTree;
  readonly #view: TreeView<BlockNode>;

  constructor(list: BlockList, choice: FeatureChoice, current: CurrentPicture) {
    this.#list = list;
    this.#choice = choice;
    this.#current = current;
    this.#tree = new BlocksTree(list, choice);
    this.#view = this.#owned.add(
      window.createTreeView('featurescope.blocks', {
        treeDataProvider: this.#tree,
        showCollapseAll: true,
      }),
    );
    this.#owned.add(
      this.#view.onDidExpandElement(({ element }) => {
        this.#tree.opened(element, true);
      }),
    );
    this.#owned.add(
      this.#view.onDidCollapseElement(({ element }) => {
        this.#tree.opened(element, false);
      }),
    );
  }

  /** The row that keys and clicks chose. */
  get selectedRow(): BlockNode | undefined {
    return this.#view.selection[0];
  }

  refresh(): void {
    const { picture } = this.#current;
    this.#view.message = picture ? listWords(this.#list, this.#choice.pinned.length) : '';
    this.#view.description = picture
      ? `${seedWords(picture.manifest)}, ${shortened(runTitle(picture.manifest), promptLength)}`
      : '';
    this.#tree.refresh();
  }

  /** The same rows say something else. */
  relabel(): void {
    this.#tree.relabel();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

/** What the list leaves out, and how to get it back. */
function listWords({ mode, filterText }: BlockList, pinnedCount: number): string {
  const what =
    mode === 'pinned' && pinnedCount === 0
      ? 'No feature is pinned. The pin beside a feature keeps it here.'
      : mode === 'pinned'
        ? 'Only pinned features.'
        : '';
  const filter = filterText === '' ? '' : `Only features that match “${filterText}”.`;
  return [what, filter].filter(Boolean).join(' ');
}
