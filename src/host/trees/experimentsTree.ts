import { basename, join } from 'node:path';
import {
  EventEmitter,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  Uri,
  workspace,
} from 'vscode';
import { FeaturescopeError } from '../../protocol/errors.ts';
import {
  type ExperimentResults,
  type ExperimentRow,
  experimentSuffix,
} from '../../protocol/experiment.ts';

export type ExperimentNode =
  | { readonly kind: 'experiment'; readonly uri: Uri }
  | {
      readonly kind: 'result';
      readonly uri: Uri;
      readonly dir: string;
      readonly columnName: string;
      readonly row: ExperimentRow;
    }
  | { readonly kind: 'note'; readonly uri: Uri; readonly text: string };

export const isExperimentNode = (
  target: unknown,
): target is Extract<ExperimentNode, { kind: 'experiment' }> =>
  typeof target === 'object' && target !== null && (target as ExperimentNode).kind === 'experiment';

export type ReadResults = (uri: Uri) => Promise<ExperimentResults>;

const excluded = '**/{node_modules,.git,.sae}/**';
const filesMax = 1000;

/** The experiments of the workspace with the pictures of their last runs. */
export class ExperimentsTree implements TreeDataProvider<ExperimentNode> {
  readonly #read: ReadResults;
  readonly #changed = new EventEmitter<ExperimentNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** The same object for as long as its file is there: an open row stays open. */
  #nodes = new Map<string, Extract<ExperimentNode, { kind: 'experiment' }>>();
  readonly #counts = new Map<string, string>();

  constructor(read: ReadResults) {
    this.#read = read;
  }

  /** Files came or went. */
  refresh(): void {
    this.#changed.fire(undefined);
  }

  /** A file or its results are others. */
  refreshOne(uri: Uri): void {
    const node = this.#nodes.get(uri.toString());
    this.#counts.delete(uri.toString());
    if (node) this.#changed.fire(node);
  }

  async getChildren(node?: ExperimentNode): Promise<ExperimentNode[]> {
    if (!node) return this.#experiments();
    return node.kind === 'experiment' ? this.#results(node.uri) : [];
  }

  getTreeItem(node: ExperimentNode): TreeItem {
    switch (node.kind) {
      case 'experiment':
        return this.#experimentItem(node);
      case 'result':
        return resultItem(node);
      case 'note': {
        const item = new TreeItem(node.text, TreeItemCollapsibleState.None);
        item.tooltip = node.text;
        return item;
      }
    }
  }

  async #experiments(): Promise<ExperimentNode[]> {
    if (!workspace.isTrusted) return [];
    const found = await workspace.findFiles(`**/*${experimentSuffix}`, excluded, filesMax);
    const uris = found.sort((one, other) => (one.path < other.path ? -1 : 1));
    this.#nodes = new Map(
      uris.map((uri) => {
        const key = uri.toString();
        return [key, this.#nodes.get(key) ?? { kind: 'experiment', uri }];
      }),
    );
    return [...this.#nodes.values()];
  }

  async #results(uri: Uri): Promise<ExperimentNode[]> {
    try {
      const { dir, rows, columnNames, pictureCount } = await this.#read(uri);
      this.#count(uri, `${String(rows.length)} of ${String(pictureCount)} pictures`);
      if (rows.length === 0) return [{ kind: 'note', uri, text: 'Not run yet' }];
      return rows.map((row): ExperimentNode => {
        const columnName = columnNames[row.column] ?? '';
        return { kind: 'result', uri, dir, columnName, row };
      });
    } catch (error) {
      return [{ kind: 'note', uri, text: FeaturescopeError.from(error).message }];
    }
  }

  /** Known only once the row was opened: reading results asks the engine. */
  #count(uri: Uri, text: string): void {
    const key = uri.toString();
    if (this.#counts.get(key) === text) return;
    this.#counts.set(key, text);
    const node = this.#nodes.get(key);
    // VS Code asks for the children again, whose count is the same then.
    if (node) this.#changed.fire(node);
  }

  #experimentItem({ uri }: Extract<ExperimentNode, { kind: 'experiment' }>): TreeItem {
    const name = basename(uri.path, experimentSuffix);
    const item = new TreeItem(name, TreeItemCollapsibleState.Collapsed);
    item.id = uri.toString();
    const inner = workspace.asRelativePath(uri).split('/').slice(0, -1).join('/');
    item.description = [this.#counts.get(uri.toString()), inner].filter(Boolean).join(' · ');
    item.tooltip = uri.fsPath;
    item.iconPath = new ThemeIcon('beaker');
    item.contextValue = 'experiment';
    item.command = {
      ...{ command: 'featurescope.openExperimentBoard', title: 'Open Experiment as Board' },
      arguments: [uri],
    };
    return item;
  }
}

function resultItem({
  uri,
  dir,
  columnName,
  row,
}: Extract<ExperimentNode, { kind: 'result' }>): TreeItem {
  const { variant, figures, picture } = row;
  const label = `${columnName}: ${variant ?? 'unedited'}`;
  const item = new TreeItem(label, TreeItemCollapsibleState.None);
  item.id = `${uri.toString()} ${picture}`;
  if (figures) {
    const { pixelDistance, ssim } = figures;
    item.description = `distance ${pixelDistance.toFixed(3)}, SSIM ${ssim.toFixed(4)}`;
    item.tooltip = `${label}: mean |Δ| over pixels and channels ${pixelDistance.toFixed(3)} of 255, SSIM of the luminance ${ssim.toFixed(4)}`;
  }
  const file = Uri.file(join(dir, picture));
  item.iconPath = file;
  item.command = { command: 'vscode.open', title: 'Open Picture', arguments: [file] };
  return item;
}
