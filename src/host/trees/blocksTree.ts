import {
  EventEmitter,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
} from 'vscode';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import type { BlockList } from '../features/blockList.ts';
import { type BlockRow, type FeatureRow, labelled } from '../features/blockRows.ts';
import { type FeatureChoice, featureName } from '../features/featureChoice.ts';
import {
  blockDescription,
  blockTooltip,
  featureDescription,
  featureTooltip,
} from '../features/featureWords.ts';

export type BlockNode =
  | { readonly kind: 'model'; readonly title: string }
  | { readonly kind: 'problem'; readonly cause: string }
  | { readonly kind: 'block'; readonly row: BlockRow }
  | {
      readonly kind: 'feature';
      readonly feature: FeatureRef;
      /** Its label may come, or become another one. */
      row: FeatureRow;
      readonly of: BlockRow;
    }
  | { readonly kind: 'more'; readonly block: string };

type FeatureNode = Extract<BlockNode, { kind: 'feature' }>;

export const isFeatureNode = (target: unknown): target is FeatureNode => isNode(target, 'feature');

export const isBlockNode = (target: unknown): target is Extract<BlockNode, { kind: 'block' }> =>
  isNode(target, 'block');

export const isMoreNode = (target: unknown): target is Extract<BlockNode, { kind: 'more' }> =>
  isNode(target, 'more');

const isNode = (target: unknown, kind: BlockNode['kind']): boolean =>
  typeof target === 'object' && target !== null && (target as BlockNode).kind === kind;

/** Model, blocks, features of the current picture. It draws what the list has; a block's features when it is open. */
export class BlocksTree implements TreeDataProvider<BlockNode> {
  readonly #list: BlockList;
  readonly #choice: FeatureChoice;
  readonly #open = new Set<string>();
  /** Feature rows by block, as VS Code was given them last. */
  readonly #features = new Map<string, readonly FeatureNode[]>();
  readonly #changed = new EventEmitter<BlockNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: BlockList, choice: FeatureChoice) {
    this.#list = list;
    this.#choice = choice;
  }

  /** A person opened or closed a row. */
  opened(node: BlockNode, isOpen: boolean): void {
    if (node.kind !== 'block' || this.#list.mode === 'pinned') return;
    if (isOpen) this.#open.add(node.row.block);
    else this.#open.delete(node.row.block);
  }

  refresh(): void {
    this.#features.clear();
    this.#changed.fire(undefined);
  }

  /** Only rows with another label are drawn anew: a command on a row that is being read again would get no target. */
  relabel(): void {
    const changed = [...this.#features.values()].flat().filter((node) => {
      const label = this.#list.labelOf(node.feature);
      if (label === node.row.label) return false;
      node.row = labelled(node.row, label);
      return true;
    });
    if (changed.length > 0) this.#changed.fire(changed);
  }

  async getChildren(node?: BlockNode): Promise<BlockNode[]> {
    const blocks = await this.#list.blocks();
    if (!node) return this.#roots(blocks);
    if (node.kind === 'model') return blocks.map((row) => ({ kind: 'block', row }));
    return node.kind === 'block' ? this.#featuresOf(node.row) : [];
  }

  getTreeItem(node: BlockNode): TreeItem {
    switch (node.kind) {
      case 'model':
        return modelItem(node.title);
      case 'problem':
        return problemItem(node.cause);
      case 'block':
        return this.#list.mode === 'pinned'
          ? this.#pinnedItem(node.row)
          : this.#blockItem(node.row);
      case 'feature':
        return this.#featureItem(node);
      case 'more':
        return moreItem(node);
    }
  }

  #roots(blocks: readonly BlockRow[]): BlockNode[] {
    const { problem, title } = this.#list;
    const problems: BlockNode[] = problem ? [{ kind: 'problem', cause: problem.cause }] : [];
    return blocks.length === 0 ? problems : [...problems, { kind: 'model', title }];
  }

  #featuresOf(row: BlockRow): BlockNode[] {
    const { rows, hasMore } = this.#list.features(row);
    const { block } = row;
    const nodes = rows.map((one): FeatureNode => ({
      kind: 'feature',
      feature: { block, id: one.id },
      row: one,
      of: row,
    }));
    this.#features.set(block, nodes);
    return hasMore ? [...nodes, { kind: 'more', block }] : nodes;
  }

  /** As it was left, also when only pinned features were listed in between. */
  #blockItem(row: BlockRow): TreeItem {
    const item = blockItem(row);
    if (this.#open.has(row.block)) item.collapsibleState = TreeItemCollapsibleState.Expanded;
    return item;
  }

  /** Open where something is pinned; no other row to open. */
  #pinnedItem(row: BlockRow): TreeItem {
    const count = this.#choice.pinned.filter(({ block }) => block === row.block).length;
    const item = blockItem(row);
    item.id = `pinned ${row.block}`;
    item.description = `${String(count)} pinned`;
    item.collapsibleState =
      count > 0 ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.None;
    return item;
  }

  #featureItem(node: FeatureNode): TreeItem {
    const { feature, row, of } = node;
    const isPinned = this.#choice.isPinned(feature);
    const name = featureName(feature);
    const id = `#${String(feature.id)}`;
    const item = new TreeItem(row.label ?? id, TreeItemCollapsibleState.None);
    item.id = name;
    item.description = [row.label === undefined ? '' : id, featureDescription(row)]
      .filter(Boolean)
      .join(' · ');
    item.tooltip = featureTooltip(name, row, of);
    item.contextValue = isPinned ? 'featurePinned' : 'feature';
    if (isPinned) item.iconPath = new ThemeIcon('pinned');
    // Of the selected row. With an argument VS Code would forget the command while a label arrives.
    item.command = { command: 'featurescope.openFeature', title: 'Show Feature Map' };
    item.accessibilityInformation = {
      label: [
        `Feature ${name}`,
        row.label,
        featureDescription(row) || 'not active',
        isPinned ? 'pinned' : undefined,
      ]
        .filter(Boolean)
        .join(', '),
    };
    return item;
  }
}

function modelItem(title: string): TreeItem {
  const item = new TreeItem(title || 'Model', TreeItemCollapsibleState.Expanded);
  item.id = 'model';
  item.iconPath = new ThemeIcon('package');
  item.contextValue = 'model';
  return item;
}

function problemItem(cause: string): TreeItem {
  const item = new TreeItem(cause, TreeItemCollapsibleState.None);
  item.id = 'problem';
  item.tooltip = cause;
  item.iconPath = new ThemeIcon('warning');
  item.command = { command: 'featurescope.showFeatures', title: 'Show Features of Picture' };
  return item;
}

function blockItem(row: BlockRow): TreeItem {
  const item = new TreeItem(row.block, TreeItemCollapsibleState.Collapsed);
  item.id = `block ${row.block}`;
  item.description = blockDescription(row);
  item.tooltip = blockTooltip(row);
  item.contextValue = 'block';
  return item;
}

function moreItem(node: Extract<BlockNode, { kind: 'more' }>): TreeItem {
  const item = new TreeItem('Load more…', TreeItemCollapsibleState.None);
  item.id = `more ${node.block}`;
  item.command = {
    command: 'featurescope.loadMoreFeatures',
    title: 'Load More Features',
    arguments: [node],
  };
  return item;
}
