import { classifyNodes, type NodeKind } from './classifyNodes.ts';
import type { OnnxGraph } from './graph.ts';

/** What one segment holds; values and nodes by name and index. */
export interface Placement {
  /** Ascending. A node of constants or sizes can be in several segments, every other node is in one. */
  readonly nodes: readonly number[];
  /** Values that come from earlier segments, and inputs of the graph. */
  readonly inputs: readonly string[];
  /** Values that later segments read, and outputs of the graph. */
  readonly outputs: readonly string[];
}

interface Draft {
  readonly nodes: Set<number>;
  readonly inputs: Set<string>;
  readonly outputs: Set<string>;
}

/**
 * Spreads a graph's nodes over `cuts.length + 1` segments that run one after the other. Segment i ends with cut i:
 * it computes that value and nothing that depends on it. Every node runs as late as it can, so that little crosses a
 * cut, and once; sizes are computed again where the tensor is at hand, and cross as small lists where it is not.
 *
 * @param cuts in the order in which they run; `values` must be made by that segment: the value at the cut first
 */
export function placeNodes(
  graph: OnnxGraph,
  cuts: readonly { readonly values: readonly string[] }[],
): readonly Placement[] {
  const kinds = classifyNodes(graph);
  const graphInputs = new Set(graph.inputs.map(({ name }) => name));
  const segmentOf = latestSegments(graph, kinds, cuts);
  const drafts: Draft[] = Array.from({ length: cuts.length + 1 }, () => ({
    nodes: new Set(),
    inputs: new Set(),
    outputs: new Set(),
  }));
  const draft = (segment: number): Draft => drafts[segment] ?? drafts[0]!;
  const homeOf = (value: string): number => segmentOf[graph.producerOf.get(value) ?? -1] ?? 0;
  const kindOf = (value: string): NodeKind | 'input' => {
    const producer = graph.producerOf.get(value);
    if (producer !== undefined) return kinds[producer] ?? 'data';
    return graphInputs.has(value) ? 'input' : 'constant';
  };

  function cross(value: string, from: number, to: number): void {
    draft(from).outputs.add(value);
    draft(to).inputs.add(value);
  }

  /** Makes a value available in a segment; sizes of tensors are left for the second pass. */
  function need(value: string, segment: number): void {
    const kind = kindOf(value);
    if (kind === 'input') draft(segment).inputs.add(value);
    else if (kind === 'constant') needConstant(value, segment);
    else if (kind === 'data' && homeOf(value) < segment) cross(value, homeOf(value), segment);
  }

  function needConstant(value: string, segment: number): void {
    const producer = graph.producerOf.get(value);
    if (producer === undefined || draft(segment).nodes.has(producer)) return;
    draft(segment).nodes.add(producer);
    for (const read of graph.readsOf[producer] ?? []) needConstant(read, segment);
  }

  const isAtHand = (value: string, segment: number): boolean =>
    kindOf(value) === 'input' || homeOf(value) === segment || draft(segment).inputs.has(value);

  function needShape(value: string, segment: number): void {
    const producer = graph.producerOf.get(value);
    if (producer === undefined || draft(segment).nodes.has(producer)) return;
    if (draft(segment).inputs.has(value)) return;
    const tensors = measuredTensors(graph, kinds, value);
    const home = Math.max(0, ...tensors.map(homeOf));
    if (home < segment && !tensors.every((tensor) => isAtHand(tensor, segment))) {
      needShape(value, home);
      cross(value, home, segment);
      return;
    }
    draft(segment).nodes.add(producer);
    for (const read of graph.readsOf[producer] ?? []) {
      if (kindOf(read) === 'shape') needShape(read, segment);
      else need(read, segment);
    }
  }

  graph.nodes.forEach((_, index) => {
    const segment = segmentOf[index];
    if (kinds[index] !== 'data' || segment === undefined) return;
    draft(segment).nodes.add(index);
    for (const read of graph.readsOf[index] ?? []) need(read, segment);
  });
  const ends = [
    ...cuts.flatMap(({ values }, segment) => values.map((value) => ({ value, segment }))),
    ...graph.outputs.map(({ name }) => ({ value: name, segment: outputSegment(name) })),
  ];
  function outputSegment(value: string): number {
    const owner = cuts.findIndex(({ values }) => values.includes(value));
    return owner >= 0 ? owner : kindOf(value) === 'data' ? homeOf(value) : cuts.length;
  }
  graph.nodes.forEach((_, index) => {
    const segment = segmentOf[index];
    if (kinds[index] !== 'data' || segment === undefined) return;
    for (const read of graph.readsOf[index] ?? []) {
      if (kindOf(read) === 'shape') needShape(read, segment);
    }
  });
  for (const { value, segment } of ends) {
    if (kindOf(value) === 'shape') needShape(value, segment);
    else need(value, segment);
    // A size that crossed to here is an output of the segment that computed it.
    if (!draft(segment).inputs.has(value)) draft(segment).outputs.add(value);
  }
  return drafts.map(({ nodes, inputs, outputs }) => ({
    nodes: [...nodes].sort((a, b) => a - b),
    inputs: [...inputs],
    outputs: [...outputs],
  }));
}

/** The last segment in which each node can run; undefined for constants and for nodes that nothing needs. */
function latestSegments(
  graph: OnnxGraph,
  kinds: readonly NodeKind[],
  cuts: readonly { readonly values: readonly string[] }[],
): readonly (number | undefined)[] {
  const limitOf = new Map<string, number>();
  for (const { name } of graph.outputs) limitOf.set(name, cuts.length);
  cuts.forEach(({ values }, segment) => {
    for (const value of values)
      limitOf.set(value, Math.min(segment, limitOf.get(value) ?? segment));
  });
  const latest = Array<number | undefined>(graph.nodes.length).fill(undefined);
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    if (kinds[index] === 'constant') continue;
    for (const value of graph.nodes[index]?.output ?? []) {
      const readers = (graph.consumersOf.get(value) ?? []).map((reader) => latest[reader]);
      for (const limit of [limitOf.get(value), ...readers]) {
        if (limit !== undefined) latest[index] = Math.min(limit, latest[index] ?? limit);
      }
    }
  }
  return latest;
}

/** The tensors whose sizes a shape value is computed from. */
function measuredTensors(
  graph: OnnxGraph,
  kinds: readonly NodeKind[],
  value: string,
): readonly string[] {
  const tensors: string[] = [];
  const seen = new Set([value]);
  for (const each of seen) {
    const producer = graph.producerOf.get(each);
    if (producer !== undefined && kinds[producer] === 'shape') {
      for (const read of graph.readsOf[producer] ?? []) seen.add(read);
    } else if (
      producer !== undefined ? kinds[producer] === 'data' : !graph.initializers.has(each)
    ) {
      tensors.push(each);
    }
  }
  return tensors;
}
