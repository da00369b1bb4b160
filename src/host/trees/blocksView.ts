import { type TreeView, window } from 'vscode';
import { type Disposable, Disposables } from '../disposables.ts';
import type { BlockList } from '../features/blockList.ts';
import type { CurrentPicture } from '../features/currentPicture.ts';
import type { FeatureChoice } from '../features/featureChoice.ts';
import { promptLine, shortened } from '../words.ts';
import { type BlockNode, BlocksTree } from './blocksTree.ts';

const promptLength = 60;

/** The view "Blocks & Features": its tree, and which picture and filter it is about. */
export class BlocksView implements Disposable {
  readonly #owned = new Disposables();
  readonly #list: BlockList;
  readonly #current: CurrentPicture;
  readonly #tree: BlocksTree;
  readonly #view: TreeView<BlockNode>;

  constructor(list: BlockList, choice: FeatureChoice, current: CurrentPicture) {
    this.#list = list;
    this.#current = current;
    this.#tree = new BlocksTree(list, choice);
    this.#view = this.#owned.add(
      window.createTreeView('featurescope.blocks', {
        treeDataProvider: this.#tree,
        showCollapseAll: true,
      }),
    );
  }

  refresh(): void {
    const { picture } = this.#current;
    const { filterText } = this.#list;
    this.#view.message =
      picture && filterText !== ''
        ? `Only the ids ${filterText}. Filter Features… changes it.`
        : '';
    this.#view.description = picture
      ? `${shortened(promptLine(picture.manifest.prompt), promptLength)}, seed ${String(picture.manifest.seed)}`
      : '';
    this.#tree.refresh();
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
