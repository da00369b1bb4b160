import type { OnnxGraph } from './graph.ts';

/**
 * What a node's result depends on: `constant` on weights alone, `shape` on sizes of tensors alone (cheap to compute
 * again wherever the tensor is), `data` on what flows through the graph.
 */
export type NodeKind = 'constant' | 'shape' | 'data';

/** Small arithmetic on sizes. What could grow large from a small shape (`Expand`, `Range`) is not among it. */
const shapeArithmetic = new Set(
  [
    'Add Sub Mul Div Mod Max Min Neg Abs Sqrt Reciprocal Floor Ceil Pow Cast Identity Not And Or Equal',
    'Less LessOrEqual Greater GreaterOrEqual Where Gather Slice Squeeze Unsqueeze Concat Reshape Split',
  ].flatMap((line) => line.split(' ')),
);
const random = new Set(
  'RandomNormal RandomUniform RandomNormalLike RandomUniformLike Multinomial Bernoulli'.split(' '),
);

/** @returns the kind of every node, by its index */
export function classifyNodes(graph: OnnxGraph): readonly NodeKind[] {
  const kinds: NodeKind[] = [];
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const kindOf = (value: string): NodeKind => {
    const producer = graph.producerOf.get(value);
    if (producer !== undefined) return kinds[producer] ?? 'data';
    return inputs.has(value) ? 'data' : 'constant';
  };
  graph.nodes.forEach((node, index) => {
    const reads = (graph.readsOf[index] ?? []).map(kindOf);
    if (random.has(node.opType)) kinds.push('data');
    else if (reads.every((kind) => kind === 'constant')) kinds.push('constant');
    else if (node.opType === 'Shape' || node.opType === 'Size') kinds.push('shape');
    else if (reads.includes('data') || !shapeArithmetic.has(node.opType)) kinds.push('data');
    else kinds.push('shape');
  });
  return kinds;
}
