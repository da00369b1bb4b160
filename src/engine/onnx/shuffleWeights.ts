import { setImmediate } from 'node:timers/promises';
import { mixed } from '../../numerics/permutation.ts';
import { SeededDraws } from '../../numerics/seededDraws.ts';
import { elementType } from './elementTypes.ts';
import { type ExternalTensor, listExternalData } from './externalData.ts';
import type { TensorProto } from './generated/onnx_pb.js';
import { changeGraph, type OnnxGraph, withFields } from './graph.ts';

/** A float weight with more than one dimension longer than 1. */
export interface LargeWeight {
  readonly tensor: TensorProto;
  /** Of one value, in bytes. */
  readonly valueBytes: 2 | 4;
  /** Of the weight's own generator. */
  readonly seed: number;
  /** Where its values lie, unless in the graph itself. */
  readonly outside: ExternalTensor | undefined;
}

/** Values that are exchanged before other work has its turn: about 10 ms. */
const valuesAtOnce = 2 ** 18;

/** Integers of shapes and indexes, which nothing has learnt. */
const indexTypes: readonly number[] = [elementType.int32, elementType.int64, elementType.bool];

/**
 * The weights that hold what a graph has learnt: float tensors with more than one dimension longer than 1. Norm scales and
 * biases are not among them, whatever their rank (`[32, 1, 1]`).
 *
 * @returns a sentence for a graph in which something learnt would be left as it is
 */
export function largeWeights(graph: OnnxGraph, seed: number): readonly LargeWeight[] | string {
  const places = new Map(listExternalData(graph).map((place) => [place.name, place]));
  const found: LargeWeight[] = [];
  for (const [index, tensor] of [...graph.initializers.values()].entries()) {
    if (!isLarge(tensor) || indexTypes.includes(tensor.dataType)) continue;
    const outside = places.get(tensor.name);
    const valueBytes =
      tensor.dataType === elementType.float32 ? 4 : tensor.dataType === elementType.float16 ? 2 : undefined; // prettier-ignore
    if (valueBytes === undefined) {
      return `its weight "${tensor.name}" is neither float16 nor float32, and only these are shuffled.`;
    }
    found.push({ tensor, valueBytes, seed: mixed(seed, index), outside });
  }
  const isElsewhere =
    (graph.model.graph?.sparseInitializer.length ?? 0) > 0 ||
    graph.nodes.some(({ opType, attribute }) =>
      attribute.some(({ t }) => opType === 'Constant' && t !== undefined && isLarge(t)),
    );
  if (isElsewhere) return 'it keeps weights in nodes or as sparse tensors, which are not shuffled.';
  return found.length > 0 ? found : 'it has no weights that could be shuffled.';
}

const isLarge = ({ dims }: TensorProto): boolean => dims.filter((size) => size > 1n).length > 1;

/**
 * Puts values into an order by chance, all orders equally likely, in place.
 *
 * @throws the signal's reason when it aborts
 * @source Fisher & Yates as Durstenfeld 1964 has it
 */
export async function shuffle(
  values: Uint16Array | Uint32Array | number[],
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const chance = new SeededDraws(seed);
  for (let last = values.length - 1; last > 0; last--) {
    const other = chance.below(last + 1);
    const value = values[last]!;
    values[last] = values[other]!;
    values[other] = value;
    if (last % valuesAtOnce > 0) continue;
    await setImmediate();
    signal.throwIfAborted();
  }
}

/** The bytes of a weight as values that can be moved. @param bytes of a buffer of their own */
export const valuesOf = (bytes: Uint8Array, valueBytes: 2 | 4): Uint16Array | Uint32Array => {
  const { buffer, byteOffset, byteLength } = bytes;
  return valueBytes === 2
    ? new Uint16Array(buffer, byteOffset, byteLength / 2)
    : new Uint32Array(buffer, byteOffset, byteLength / 4);
};

/** The graph with those of its large weights shuffled that lie in it. @throws the signal's reason when it aborts */
export async function shuffleInGraph(
  graph: OnnxGraph,
  weights: readonly LargeWeight[],
  signal: AbortSignal,
): Promise<OnnxGraph> {
  const changed = new Map<string, TensorProto>();
  for (const { tensor, valueBytes, seed, outside } of weights) {
    if (outside) continue;
    if (tensor.rawData.length > 0) {
      const rawData = Uint8Array.from(tensor.rawData);
      await shuffle(valuesOf(rawData, valueBytes), seed, signal);
      changed.set(tensor.name, withFields(tensor, { rawData }));
    } else {
      const [floatData, int32Data] = [[...tensor.floatData], [...tensor.int32Data]];
      // float16 comes as the bits of each value.
      await shuffle(valueBytes === 4 ? floatData : int32Data, seed, signal);
      changed.set(tensor.name, withFields(tensor, { floatData, int32Data }));
    }
  }
  if (changed.size === 0) return graph;
  const initializer = [...graph.initializers.values()].map(
    (tensor) => changed.get(tensor.name) ?? tensor,
  );
  return changeGraph(graph, { initializer });
}
