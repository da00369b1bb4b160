import type { NodeKind } from './classifyNodes.ts';
import type { NodeProto } from './generated/onnx_pb.js';
import type { OnnxGraph } from './graph.ts';

const scopesKey = 'pkg.torch.onnx.name_scopes';

/**
 * The torch module that a node was exported from, as a dotted path inside the U-net (`up_blocks.0.attentions.1`);
 * '' for the U-net itself and for nodes without a trace of their origin.
 *
 * torch's dynamo exporter writes the path into the node's metadata, as a Python list whose last entry is the
 * operation; its older exporter into the node's name: `/unet/up_blocks.0/attentions.1/Add`.
 */
export function scopeOf(node: NodeProto): string {
  const metadata = node.metadataProps.find((entry) => entry.key === scopesKey);
  const path = metadata ? fromNameScopes(metadata.value) : fromNodeName(node.name);
  return path.replace(/^unet(?:\.|$)/, '');
}

function fromNameScopes(text: string): string {
  const entries = [...text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)];
  const scope = entries.at(-2);
  return scope?.[1] ?? scope?.[2] ?? '';
}

function fromNodeName(name: string): string {
  return name.startsWith('/') ? name.slice(1).split('/').slice(0, -1).join('.') : '';
}

/** Whether a scope is a module or lies inside it. */
export const isWithin = (scope: string, module: string): boolean =>
  scope === module || scope.startsWith(`${module}.`);

/**
 * Scopes of all nodes, by index. The dynamo exporter's optimiser leaves some nodes without a trace (`Split` inside a
 * feed-forward block): a data node between traced neighbours gets the innermost module that holds all of them.
 */
export function scopesOf(graph: OnnxGraph, kinds: readonly NodeKind[]): readonly string[] {
  const scopes = graph.nodes.map(scopeOf);
  graph.nodes.forEach((node, index) => {
    if (scopes[index] !== '' || kinds[index] !== 'data') return;
    const readers = node.output.flatMap((value) => graph.consumersOf.get(value) ?? []);
    const consumers = readers.filter((i) => kinds[i] === 'data').map((i) => scopes[i] ?? '');
    if (!consumers.some((scope) => scope !== '')) return;
    const producers = (graph.readsOf[index] ?? []).flatMap((value) => {
      const producer = graph.producerOf.get(value);
      if (producer === undefined) return graph.initializers.has(value) ? [] : [''];
      return kinds[producer] === 'data' ? [scopes[producer] ?? ''] : [];
    });
    scopes[index] = [...producers, ...consumers].reduce(commonModule);
  });
  return scopes;
}

function commonModule(a: string, b: string): string {
  const [x, y] = [a.split('.'), b.split('.')];
  const differs = x.findIndex((part, i) => part !== y[i]);
  return x.slice(0, differs < 0 ? x.length : differs).join('.');
}
