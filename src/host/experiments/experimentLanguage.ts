import { findNodeAtLocation, findNodeAtOffset, getLocation, type Node } from 'jsonc-parser';
import {
  CodeLens,
  type Command,
  CompletionItem,
  CompletionItemKind,
  Diagnostic,
  DiagnosticSeverity,
  Hover,
  languages,
  MarkdownString,
  type Position,
  Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { experimentSuffix } from '../../protocol/experiment.ts';
import { type ExperimentTree, parseExperimentTree } from '../../protocol/experimentTree.ts';
import { featureName } from '../../protocol/featureName.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import type { FeatureLabels } from '../features/featureLabels.ts';
import type { ModelBlocks } from '../features/modelBlocks.ts';

export interface ExperimentLanguagePorts {
  readonly labels: FeatureLabels;
  readonly modelBlocks: ModelBlocks;
}

const selector = { pattern: `**/*${experimentSuffix}` };
const isExperiment = ({ fileName }: TextDocument): boolean => fileName.endsWith(experimentSuffix);

/** What the text editor knows of experiments: what is wrong and where, names of features and blocks, commands above lines. */
export class ExperimentLanguage implements Disposable {
  readonly #ports: ExperimentLanguagePorts;
  readonly #owned = new Disposables();
  readonly #diagnostics = this.#owned.add(languages.createDiagnosticCollection('featurescope'));

  constructor(ports: ExperimentLanguagePorts) {
    this.#ports = ports;
    for (const document of workspace.textDocuments) void this.#check(document);
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

  dispose(): void {
    this.#owned.dispose();
  }

  async #check(document: TextDocument): Promise<void> {
    if (!isExperiment(document)) return;
    const { version, uri } = document;
    const found = await diagnosticsOf(document);
    if (document.version === version && !document.isClosed) this.#diagnostics.set(uri, found);
  }

  #hover(document: TextDocument, position: Position): Hover | undefined {
    const root = treeOf(document)?.root;
    const node = root && findNodeAtOffset(root, document.offsetAt(position));
    const property = node?.parent;
    if (property?.children?.[0]?.value !== 'feature' || typeof node?.value !== 'number') return;
    const block = blockOf(property);
    if (block === undefined) return;
    const id = node.value;
    const text = new MarkdownString(`**${featureName({ block, id })}** `);
    text.appendText(this.#ports.labels.labelOf({ block, id }) ?? 'no label yet');
    const arguments_ = encodeURIComponent(JSON.stringify([{ block, id }]));
    text.appendMarkdown(`\n\n[Open Feature Card](command:featurescope.openFeature?${arguments_})`);
    text.isTrusted = { enabledCommands: ['featurescope.openFeature'] };
    return new Hover(text, rangeOf(document, node));
  }

  async #complete(document: TextDocument, position: Position): Promise<CompletionItem[]> {
    const offset = document.offsetAt(position);
    const { path, previousNode, isAtPropertyKey } = getLocation(document.getText(), offset);
    const isSaeKey = isAtPropertyKey && path[0] === 'saes';
    if (!isSaeKey && (isAtPropertyKey || path.at(-1) !== 'block')) return [];
    const blocks = await this.#ports.modelBlocks.blocks();
    return blocks.map(({ block, sae }) => {
      const item = new CompletionItem(`"${block}"`, CompletionItemKind.Value);
      item.detail = sae ? `${String(sae.nFeatures)} features, ${sae.rule}` : 'no SAE';
      if (previousNode) item.range = rangeOf(document, previousNode);
      return item;
    });
  }
}

function treeOf(document: TextDocument): ExperimentTree | undefined {
  try {
    return parseExperimentTree(document.getText());
  } catch {
    return undefined;
  }
}

async function diagnosticsOf(document: TextDocument): Promise<Diagnostic[]> {
  try {
    const { root, value, faults } = parseExperimentTree(document.getText());
    const texts = faults.map(({ offset, length, message }) => {
      const range = rangeOf(document, { offset, length });
      return new Diagnostic(range, message, DiagnosticSeverity.Error);
    });
    if (faults.length > 0 || !root) return texts.map(named);
    const { experimentIssues } = await import('../../protocol/experimentSchema.ts');
    return experimentIssues(value).map(({ path, message }) => {
      const range = rangeOf(document, nearest(root, path));
      return named(new Diagnostic(range, message, DiagnosticSeverity.Error));
    });
  } catch (error) {
    const { message } = FeaturescopeError.from(error);
    return [named(new Diagnostic(new Range(0, 0, 0, 1), message, DiagnosticSeverity.Error))];
  }
}

function named(diagnostic: Diagnostic): Diagnostic {
  diagnostic.source = 'Featurescope';
  return diagnostic;
}

/** The value at a path, or what of the way to it there is; a whole object is marked by its first character. */
function nearest(
  root: Node,
  path: readonly (string | number)[],
): { offset: number; length: number } {
  for (let length = path.length; length >= 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (!node) continue;
    const isWhole = node.type === 'object' || node.type === 'array';
    return { offset: node.offset, length: isWhole ? 1 : node.length };
  }
  return root;
}

const rangeOf = (document: TextDocument, { offset, length }: { offset: number; length: number }) =>
  new Range(document.positionAt(offset), document.positionAt(offset + length));

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

/** The block of the edit that a node belongs to. */
function blockOf(node: Node): string | undefined {
  for (let at: Node | undefined = node; at; at = at.parent) {
    const block: unknown = at.type === 'object' && findNodeAtLocation(at, ['block'])?.value;
    if (typeof block === 'string') return block;
  }
  return undefined;
}
