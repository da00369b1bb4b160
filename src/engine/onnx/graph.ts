import { modelError } from '../../protocol/errors.ts';
import type {
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './generated/onnx_pb.js';
import { sortNodes } from './sortNodes.ts';
import { valuesReadBy } from './valuesRead.ts';

/**
 * A model's main graph with its indexes. Read-only: a change makes a new graph (`changeGraph`) that shares all
 * messages which stay the same.
 */
export interface OnnxGraph {
  readonly model: ModelProto;
  /** In an order in which they can run. */
  readonly nodes: readonly NodeProto[];
  /** Without initializers, which old files list among the inputs as well. */
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Index of the node that makes a value; none for inputs and initializers. */
  readonly producerOf: ReadonlyMap<string, number>;
  /** Indexes of the nodes that read a value, also from inside their own subgraphs. */
  readonly consumersOf: ReadonlyMap<string, readonly number[]>;
  /** By node index: every value it reads, what its subgraphs capture included. */
  readonly readsOf: readonly (readonly string[])[];
  /** Version of the standard operator set. */
  readonly opset: number;
}

/**
 * Indexes a model and checks what everything after relies on: each value made once, each value read is made, no
 * circle.
 *
 * @throws `model`
 */
export function indexGraph(model: ModelProto): OnnxGraph {
  const proto = model.graph;
  if (!proto) throw modelError('This ONNX file holds no graph.');
  if (proto.node.length === 0) throw modelError('The ONNX graph holds no nodes.');
  if (proto.output.length === 0) throw modelError('The ONNX graph has no outputs.');
  const initializers = new Map<string, TensorProto>();
  for (const tensor of proto.initializer) initializers.set(tensor.name, tensor);
  const constants = new Set(initializers.keys());
  for (const sparse of proto.sparseInitializer) constants.add(sparse.values?.name ?? '');
  const inputs = proto.input.filter((input) => !constants.has(input.name));
  const given = new Set([...constants, ...inputs.map((input) => input.name)]);
  const { nodes, readsOf } = sortNodes(proto.node, proto.node.map(valuesReadBy), given);

  const producerOf = new Map<string, number>();
  const consumersOf = new Map<string, number[]>();
  nodes.forEach((node, index) => {
    for (const output of node.output) if (output !== '') producerOf.set(output, index);
    for (const value of readsOf[index] ?? []) {
      const consumers = consumersOf.get(value);
      if (consumers) consumers.push(index);
      else consumersOf.set(value, [index]);
    }
  });
  for (const output of proto.output) {
    if (!producerOf.has(output.name) && !given.has(output.name)) {
      throw modelError(`The graph's output "${output.name}" is made by no node.`);
    }
  }
  const standard = model.opsetImport.find((set) => set.domain === '' || set.domain === 'ai.onnx');
  const opset = Number(standard?.version ?? 0n);
  const { output: outputs } = proto;
  return { model, nodes, inputs, outputs, initializers, producerOf, consumersOf, readsOf, opset };
}

/** A copy that shares all it holds; a spread would lose the defaults, which live on the message's prototype. */
export function withFields<T extends object>(message: T, fields: Partial<T>): T {
  const copy = Object.create(Object.getPrototypeOf(message) as object | null) as T;
  return Object.assign(copy, message, fields);
}

/** The same model with other fields in its graph, indexed again. */
export function changeGraph(graph: OnnxGraph, fields: Partial<GraphProto>): OnnxGraph {
  const proto = graph.model.graph;
  if (!proto) throw modelError('This ONNX file holds no graph.');
  return indexGraph(withFields(graph.model, { graph: withFields(proto, fields) }));
}
