import { modelError } from '../../protocol/errors.ts';
import type { NodeProto } from './generated/onnx_pb.js';

/**
 * Puts nodes into an order in which they can run; nodes that are in order already keep it.
 *
 * @param reads by node: the values it reads
 * @param given values that exist before the first node: inputs and initializers
 * @throws `model` for a value that is made twice, read but never made, or needed to make itself
 */
export function sortNodes(
  nodes: readonly NodeProto[],
  reads: readonly (readonly string[])[],
  given: ReadonlySet<string>,
): { nodes: readonly NodeProto[]; readsOf: readonly (readonly string[])[] } {
  const producerOf = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const output of node.output) {
      if (output === '') continue;
      if (producerOf.has(output) || given.has(output)) {
        throw modelError(`The graph makes the value "${output}" more than once.`);
      }
      producerOf.set(output, index);
    }
  });
  const waitingFor = new Int32Array(nodes.length);
  const readersOf = new Map<number, number[]>();
  reads.forEach((values, index) => {
    for (const value of values) {
      const producer = producerOf.get(value);
      if (producer === undefined) {
        if (given.has(value)) continue;
        const reader = nodes[index]?.name ?? '';
        throw modelError(`Node "${reader}" reads "${value}", which nothing in the graph makes.`);
      }
      waitingFor[index] = (waitingFor[index] ?? 0) + 1;
      const readers = readersOf.get(producer);
      if (readers) readers.push(index);
      else readersOf.set(producer, [index]);
    }
  });
  const isSorted = reads.every((values, index) =>
    values.every((value) => (producerOf.get(value) ?? -1) < index),
  );
  if (isSorted) return { nodes, readsOf: reads };

  const order: number[] = [];
  nodes.forEach((_, index) => {
    if (waitingFor[index] === 0) order.push(index);
  });
  for (const index of order) {
    for (const reader of readersOf.get(index) ?? []) {
      const left = (waitingFor[reader] ?? 0) - 1;
      waitingFor[reader] = left;
      if (left === 0) order.push(reader);
    }
  }
  if (order.length < nodes.length) {
    const stuck = nodes.find((_, index) => (waitingFor[index] ?? 0) > 0);
    throw modelError(`The graph has a circle: node "${stuck?.name ?? ''}" needs its own result.`);
  }
  const pick = <T>(items: readonly T[]): T[] =>
    order.flatMap((index) => items.slice(index, index + 1));
  return { nodes: pick(nodes), readsOf: pick(reads) };
}
