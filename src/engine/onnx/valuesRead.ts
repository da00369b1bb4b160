import type { GraphProto, NodeProto } from './generated/onnx_pb.js';

/** Every value that a node reads: its inputs, and what the graphs in its attributes take from outside themselves. */
export function valuesReadBy(node: NodeProto): readonly string[] {
  const subgraphs = subgraphsOf(node);
  const inputs = node.input.filter((name) => name !== '');
  if (subgraphs.length === 0) return inputs;
  const reads = new Set(inputs);
  for (const subgraph of subgraphs) for (const name of capturedBy(subgraph)) reads.add(name);
  return [...reads];
}

function subgraphsOf(node: NodeProto): GraphProto[] {
  const found: GraphProto[] = [];
  for (const attribute of node.attribute) {
    if (attribute.g) found.push(attribute.g);
    found.push(...attribute.graphs);
  }
  return found;
}

function capturedBy(graph: GraphProto): Set<string> {
  const own = new Set<string>();
  for (const input of graph.input) own.add(input.name);
  for (const tensor of graph.initializer) own.add(tensor.name);
  for (const node of graph.node) for (const output of node.output) own.add(output);
  const captured = new Set<string>();
  for (const node of graph.node) {
    for (const name of valuesReadBy(node)) if (!own.has(name)) captured.add(name);
  }
  for (const output of graph.output) if (!own.has(output.name)) captured.add(output.name);
  return captured;
}
