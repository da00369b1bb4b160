import { toBinary } from '@bufbuild/protobuf';
import { modelError } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import { dtypeOf } from './elementTypes.ts';
import { ModelProtoSchema, type NodeProto, type ValueInfoProto } from './generated/onnx_pb.js';
import { type OnnxGraph, withFields } from './graph.ts';
import { declareValue } from './declareValue.ts';
import { inferTypes } from './inferTypes.ts';
import { placeNodes, type Placement } from './placeNodes.ts';
import type { ValueType } from './valueTypes.ts';

/** A place where a graph is cut in two: after the node that makes a value. */
export interface Cut {
  /** Names the segment that ends here: a stage's short name. */
  readonly name: string;
  /** The last value that the segment computes: a stage's output before its tap. */
  readonly value: string;
  /** Outputs of the graph that this segment computes as well: the codes of the tap before it. */
  readonly outputs?: readonly string[];
}

/** A part of a graph that is a model by itself; its weights stay in the whole graph's files. */
export interface Segment {
  /** The name of the cut that ends it; `end` for the last. */
  readonly name: string;
  /** An ONNX file; external locations are relative to the same folder as the whole graph's. */
  readonly bytes: Uint8Array;
  /** Inputs of the whole graph, or outputs of earlier segments under the same name. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/**
 * Cuts a graph into a chain: run in order, each segment is fed the whole graph's inputs and earlier segments'
 * outputs by name, and together they compute every output of the whole graph. A picture that differs from another
 * only after cut i can reuse what segments 0 ... i computed.
 *
 * @param cuts in any order
 * @throws `model` for a cut at a value that the graph does not compute, and where the type of a value that crosses a
 *   cut cannot be told
 */
export function cutIntoSegments(graph: OnnxGraph, cuts: readonly Cut[]): readonly Segment[] {
  const order = new Map<Cut, number>();
  for (const cut of cuts) {
    const at = graph.producerOf.get(cut.value);
    if (at === undefined) {
      throw modelError(`The graph cannot be cut at "${cut.value}": no node makes that value.`);
    }
    order.set(cut, at);
  }
  const sorted = [...cuts].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  if (new Set(order.values()).size < cuts.length) {
    throw modelError('The graph cannot be cut twice at the same value.');
  }
  const types = inferTypes(graph);
  const placements = placeNodes(
    graph,
    sorted.map(({ value, outputs }) => ({ values: [value, ...(outputs ?? [])] })),
  );
  return placements.map((placement, index) => {
    const name = sorted[index]?.name ?? 'end';
    return { name, ...buildSegment(graph, placement, types) };
  });
}

function buildSegment(
  graph: OnnxGraph,
  placement: Placement,
  types: ReadonlyMap<string, ValueType>,
): Omit<Segment, 'name'> {
  const proto = graph.model.graph;
  if (!proto) throw modelError('This ONNX file holds no graph.');
  const inputs = placement.inputs.map((name) => describe(graph, name, types));
  const outputs = placement.outputs.map((name) => describe(graph, name, types));
  const known = new Map([...graph.inputs, ...graph.outputs].map((info) => [info.name, info]));
  const toProto = (info: ValueInfo): ValueInfoProto => known.get(info.name) ?? declareValue(info);

  const read = new Set(placement.nodes.flatMap((index) => graph.readsOf[index] ?? []));
  for (const name of placement.outputs) read.add(name);
  const made = new Set(placement.nodes.flatMap((index) => graph.nodes[index]?.output ?? []));
  for (const name of [...placement.inputs, ...placement.outputs]) made.delete(name);
  const segment = withFields(proto, {
    node: placement.nodes.map((index) => lean(graph.nodes[index]!)),
    initializer: proto.initializer.filter(({ name }) => read.has(name)),
    sparseInitializer: proto.sparseInitializer.filter(({ values }) => read.has(values?.name ?? '')),
    input: [
      ...inputs.map(toProto),
      // Files older than IR version 4 list their weights among the inputs, and must.
      ...proto.input.filter(({ name }) => graph.initializers.has(name) && read.has(name)),
    ],
    output: outputs.map(toProto),
    valueInfo: proto.valueInfo.filter(({ name }) => made.has(name)),
  });
  const bytes = toBinary(ModelProtoSchema, withFields(graph.model, { graph: segment }));
  return { bytes, inputs, outputs };
}

/** Without what only people and exporters read: source lines and stack traces. */
function lean(node: NodeProto): NodeProto {
  if (node.metadataProps.length === 0 && node.docString === '') return node;
  return withFields(node, { metadataProps: [], docString: '' });
}

function describe(
  graph: OnnxGraph,
  name: string,
  types: ReadonlyMap<string, ValueType>,
): ValueInfo {
  const type = types.get(name);
  const dtype = type ? dtypeOf(type.elementType) : undefined;
  if (!type?.dims || !dtype) {
    const producer = graph.nodes[graph.producerOf.get(name) ?? -1];
    const missing = dtype ? 'rank' : 'element type';
    throw modelError(
      `The graph cannot be cut: the ${missing} of "${name}" (made by ${producer?.opType ?? 'no node'}) is unknown.`,
    );
  }
  return { name, dtype, dims: type.dims.map((dim, axis) => dim ?? `${name}.${axis}`) };
}
