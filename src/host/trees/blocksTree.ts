import { type Disposable, type TreeDataProvider, TreeItem, window } from 'vscode';

/** The view "Blocks & Features" has no rows yet: its welcome text says what it will hold and offers Generate. */
export function registerBlocksTree(): Disposable {
  const provider: TreeDataProvider<string> = {
    getChildren: () => [],
    getTreeItem: (label) => new TreeItem(label),
  };
  return window.registerTreeDataProvider('featurescope.blocks', provider);
}
