import { findNodeAtLocation, getLocation, type Node } from 'jsonc-parser';
import {
  CodeLens,
  type Command,
  CompletionItem,
  CompletionItemKind,
  Hover,
  languages,
  type Position,
  type TextDocument,
  workspace,
} from 'vscode';
import { experimentSuffix } from '../../protocol/experiment.ts';
import { type ExperimentTree, parseExperimentTree } from '../../protocol/experimentTree.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { type FeatureCard, searchFeatures } from '../../protocol/indexSearch.ts';
import type { Caller } from '../../protocol/request.ts';
import { densityText } from '../cards/featureItems.ts';
import type { CurrentModel } from '../currentModel.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import type { ModelBlocks } from '../features/modelBlocks.ts';
import { type ChosenModel, experimentDiagnostics, rangeOf } from './experimentDiagnostics.ts';
import { blockHover, featureHover, saeText } from './experimentHover.ts';

export interface ExperimentLanguagePorts {
  readonly engine: Caller;
  readonly model: CurrentModel;
  readonly modelBlocks: ModelBlocks;
  readonly cards: {
    readonly labels: { readonly place: { readonly labelsPath?: string } };
    cardOf(feature: FeatureRef): Promise<FeatureCard | null>;
  };
}

const selector = { pattern: `**/*${experimentSuffix}` };
const isExperiment = ({ fileName }: TextDocument): boolean => fileName.endsWith(experimentSuffix);
/** As many as one looks through; typing finds among them. */
const offeredCount = 200;

/** What the text editor knows of experiments: what is wrong and where, names of features and blocks, commands above lines. */
export class ExperimentLanguage implements Disposable {
  readonly #ports: ExperimentLanguagePorts;
  readonly #owned = new Disposables();
  readonly #diagnostics = this.#owned.add(languages.createDiagnosticCollection('featurescope'));

  constructor(ports: ExperimentLanguagePorts) {
    this.#ports = ports;
    this.checkAll();
    this.#owned.add(workspace.onDidOpenTextDocument((document) => void this.#check(document)));
    this.#owned.add(
      workspace.onDidChangeTextDocument(({ document }) => void this.#check(document)),
    );
    this.#owned.add(
      workspace.onDidCloseTextDocument(({ uri }) => {
        this.#diagnostics.delete(uri);
      }),
    );
    this.#owned.add(languages.registerCodeLensProvider(selector, { provideCodeLenses: lensesOf }));
    this.#owned.add(
      languages.registerHoverProvider(selector, {
        provideHover: (document, position) => this.#hover(document, position),
      }),
    );
    this.#owned.add(
      languages.registerCompletionItemProvider(
        selector,
        { provideCompletionItems: (document, position) => this.#complete(document, position) },
        '"',
      ),
    );
  }

  /** Another model has other blocks and features. */
  checkAll(): void {
    for (const document of workspace.textDocuments) void this.#check(document);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #check(document: TextDocument): Promise<void> {
    if (!isExperiment(document)) return;
    const { version, uri } = document;
    const found = await experimentDiagnostics(document, () => this.#chosen());
    if (document.version === version && !document.isClosed) this.#diagnostics.set(uri, found);
  }

  /** A run says itself why there is no model: a text is not wrong for it. */
  async #chosen(): Promise<ChosenModel | undefined> {
    const { model, modelBlocks } = this.#ports;
    if (!workspace.isTrusted) return undefined;
    try {
      const [{ id }, blocks] = await Promise.all([model.describe(), modelBlocks.blocks()]);
      return { id, blocks };
    } catch {
      return undefined;
    }
  }

  async #hover(document: TextDocument, position: Position): Promise<Hover | undefined> {
    const { modelBlocks, cards } = this.#ports;
    const { path, previousNode, isAtPropertyKey } = locationOf(document, position);
    if (!previousNode || isAtPropertyKey) return undefined;
    const range = rangeOf(document, previousNode);
    const value: unknown = previousNode.value;
    if (path.at(-1) === 'block') {
      const block = (await modelBlocks.blocks()).find((one) => one.block === value);
      return block && new Hover(blockHover(block), range);
    }
    const block = blockAt(document, path);
    if (path.at(-1) !== 'feature' || typeof value !== 'number' || block === undefined) return;
    const feature = { block, id: value };
    // A feature that the index does not have is marked as wrong: here it is only named.
    const card = await cards.cardOf(feature).catch(() => null);
    return new Hover(featureHover(feature, card), range);
  }

  async #complete(document: TextDocument, position: Position): Promise<CompletionItem[]> {
    const { path, previousNode, isAtPropertyKey } = locationOf(document, position);
    const isSaeKey = isAtPropertyKey && path[0] === 'saes';
    if (isAtPropertyKey && !isSaeKey) return [];
    const range = previousNode && rangeOf(document, previousNode);
    const item = (label: string, detail: string): CompletionItem => {
      const made = new CompletionItem(label, CompletionItemKind.Value);
      made.detail = detail;
      if (range) made.range = range;
      return made;
    };
    if (isSaeKey || path.at(-1) === 'block') {
      const blocks = await this.#ports.modelBlocks.blocks();
      return blocks.map(({ block, sae }) => item(`"${block}"`, sae ? saeText(sae) : 'no SAE'));
    }
    const block = blockAt(document, path);
    if (path.at(-1) !== 'feature' || block === undefined) return [];
    return (await this.#labelled(block)).map(({ id, label, ...figures }) => {
      const made = item(`${String(id)}  ${label?.text ?? ''}`, densityText(figures));
      made.insertText = String(id);
      return made;
    });
  }

  /** Features that have a name, the densest first. */
  async #labelled(block: string) {
    const { engine, model, cards } = this.#ports;
    const { rows } = await engine.request(searchFeatures, {
      ...{ modelDir: model.dir, ...cards.labels.place, text: '', blocks: [block] },
      ...{ labelled: 'any', sort: 'density', offset: 0, limit: offeredCount },
    });
    return rows;
  }
}

const locationOf = (document: TextDocument, position: Position) =>
  getLocation(document.getText(), document.offsetAt(position));

function treeOf(document: TextDocument): ExperimentTree | undefined {
  try {
    return parseExperimentTree(document.getText());
  } catch {
    return undefined;
  }
}

function lensesOf(document: TextDocument): CodeLens[] {
  const root = treeOf(document)?.root;
  if (!root) return [];
  const { uri } = document;
  const lens = (node: Node, title: string, command: string, ...more: unknown[]): CodeLens => {
    const call: Command = { title, command, arguments: [uri, ...more] };
    return new CodeLens(rangeOf(document, { offset: node.offset, length: 1 }), call);
  };
  const variants = findNodeAtLocation(root, ['variants'])?.children ?? [];
  return [
    lens(root, '$(play) Run', 'featurescope.runExperiment'),
    lens(root, '$(diff) Compare with HEAD', 'featurescope.compareExperiment'),
    lens(root, '$(layout) Open Board', 'featurescope.openExperimentBoard'),
    ...variants.flatMap((variant) => {
      const id: unknown = findNodeAtLocation(variant, ['id'])?.value;
      if (typeof id !== 'string') return [];
      return [lens(variant, '$(play) Run Cell', 'featurescope.runExperimentCell', id)];
    }),
  ];
}

/** The block of the edit that a place belongs to. */
function blockAt(document: TextDocument, path: readonly (string | number)[]): string | undefined {
  const root = treeOf(document)?.root;
  for (let length = path.length - 1; root && length > 0; length--) {
    const block: unknown = findNodeAtLocation(root, [...path.slice(0, length), 'block'])?.value;
    if (typeof block === 'string') return block;
  }
  return undefined;
}
