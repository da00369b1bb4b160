import {
  EventEmitter,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
} from 'vscode';
import type { RunSummary } from '../../protocol/engine.ts';
import { runTitle, seedWords } from '../../protocol/runTitle.ts';
import { runFigures, shortened } from '../words.ts';
import { type DayOfRuns, groupByDay } from './groupByDay.ts';
import type { RunList } from './runList.ts';
import { runTooltip } from './runTooltip.ts';

/** Several seeds of one prompt are told apart by what follows it, in a side bar of ordinary width too. */
const labelLength = 24;
const spokenLength = 300;

export type RunNode =
  | { readonly kind: 'day'; readonly day: DayOfRuns }
  | { readonly kind: 'run'; readonly run: RunSummary }
  | { readonly kind: 'more' };

export const isRunNode = (target: unknown): target is Extract<RunNode, { kind: 'run' }> =>
  typeof target === 'object' && target !== null && (target as RunNode).kind === 'run';

/** Kept runs by day. It draws what the list has read; the list is told when to read. */
export class RunsTree implements TreeDataProvider<RunNode> {
  readonly #list: RunList;
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: RunList) {
    this.#list = list;
  }

  refresh(): void {
    this.#changed.fire(undefined);
  }

  async getChildren(node?: RunNode): Promise<RunNode[]> {
    if (node?.kind === 'day') return node.day.runs.map((run) => ({ kind: 'run', run }));
    if (node) return [];
    if (this.#list.state === 'unread') await this.#list.reload();
    const nodes = this.#days().map((day): RunNode => ({ kind: 'day', day }));
    return this.#list.hasMore ? [...nodes, { kind: 'more' }] : nodes;
  }

  getParent(node: RunNode): RunNode | undefined {
    if (node.kind !== 'run') return undefined;
    const day = this.#days().find(({ runs }) => runs.includes(node.run));
    return day && { kind: 'day', day };
  }

  /** The row of a run; undefined while it is not listed. */
  nodeOf(runId: string): RunNode | undefined {
    const run = this.#list.runs.find((one) => one.runId === runId);
    return run && { kind: 'run', run };
  }

  #days(): readonly DayOfRuns[] {
    return groupByDay(this.#list.runs, new Date());
  }

  getTreeItem(node: RunNode): TreeItem {
    switch (node.kind) {
      case 'day':
        return dayItem(node.day);
      case 'run':
        return runItem(node);
      case 'more':
        return moreItem();
    }
  }

  /** The tooltip shows a picture: made only when it is asked for. */
  resolveTreeItem(item: TreeItem, node: RunNode): TreeItem {
    if (node.kind === 'run') item.tooltip = runTooltip(node.run);
    return item;
  }
}

function dayItem({ day, label, runs }: DayOfRuns): TreeItem {
  const item = new TreeItem(label, TreeItemCollapsibleState.Expanded);
  item.id = `day ${day}`;
  item.description = String(runs.length);
  item.contextValue = 'day';
  return item;
}

function runItem(node: Extract<RunNode, { kind: 'run' }>): TreeItem {
  const { runId, manifest, pngPath } = node.run;
  const prompt = shortened(runTitle(manifest), spokenLength);
  const item = new TreeItem(shortened(prompt, labelLength), TreeItemCollapsibleState.None);
  item.id = runId;
  item.description = seedWords(manifest);
  item.iconPath = Uri.file(pngPath);
  item.contextValue = 'run';
  item.command = { command: 'featurescope.openRun', title: 'Open Run', arguments: [node] };
  item.accessibilityInformation = { label: `Run: ${prompt}, ${runFigures(manifest)}` };
  return item;
}

function moreItem(): TreeItem {
  const item = new TreeItem('Load more…', TreeItemCollapsibleState.None);
  item.id = 'more';
  item.command = { command: 'featurescope.loadMoreRuns', title: 'Load More Runs' };
  return item;
}
