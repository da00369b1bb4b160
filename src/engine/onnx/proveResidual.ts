import { readSmallTensor } from './constants.ts';
import { elementType } from './elementTypes.ts';
import type { OnnxGraph } from './graph.ts';
import type { GraphFacts } from './graphFacts.ts';
import { isWithin } from './nodeScope.ts';

interface Proof {
  readonly input: string;
  readonly output: string;
  readonly width: number | undefined;
}

/**
 * Proves that a module computes `output = input + update(input, context)`: one image value leaves it, an addition
 * makes it, one operand comes from outside (or from the module's own shortcut convolution), and walking back from
 * the other operand meets nothing but nodes of the module, that same value from outside, and values that no image
 * has gone into (text, time).
 *
 * @param members indexes of the module's nodes
 */
export function proveResidual(
  facts: GraphFacts,
  module: string,
  members: readonly number[],
): Proof | { readonly reason: string } {
  const { graph, scopes, types } = facts;
  const isMember = (index: number | undefined): index is number =>
    index !== undefined && isWithin(scopes[index] ?? '', module);

  const leaving = leavingValues(facts, module, members);
  const [output, second] = leaving;
  if (output === undefined) return { reason: 'nothing outside reads what it computes' };
  if (second !== undefined) {
    return { reason: `several values leave it (${leaving.slice(0, 4).join(', ')})` };
  }
  const addition = additionBehind(graph, output);
  if (addition === undefined) {
    const node = graph.nodes[graph.producerOf.get(output) ?? -1];
    return { reason: `what leaves it is no sum but a ${node?.opType ?? 'constant'}` };
  }

  const operands = graph.nodes[addition]?.input ?? [];
  const shortcut = `${module}.conv_shortcut`;
  const residuals = operands.filter((value) => {
    const producer = graph.producerOf.get(value);
    return !isMember(producer) || isWithin(scopes[producer] ?? '', shortcut);
  });
  const [input] = residuals;
  const update = operands.find((value) => value !== input);
  if (input === undefined || update === undefined || residuals.length !== 1) {
    return { reason: `the sum that ends it has ${residuals.length} operands from outside` };
  }
  const entries = imageEntries(facts, update, isMember);
  const [entry] = imageEntries(facts, input, isMember);
  if (!entry || !entries.includes(entry)) {
    return { reason: 'its update does not depend on its input' };
  }
  const stranger = entries.find((value) => value !== entry);
  if (stranger !== undefined) {
    return { reason: `another image value enters it beside its input (${stranger})` };
  }

  const type = types.get(output);
  const { float32, float16 } = elementType;
  if (type && type.elementType !== float32 && type.elementType !== float16) {
    return { reason: 'its hidden states are neither float32 nor float16' };
  }
  if (type?.dims && type.dims.length !== 4) {
    return { reason: `its hidden states have ${type.dims.length} dimensions, not 4` };
  }
  const width = type?.dims?.[1];
  return { input, output, width: typeof width === 'number' ? width : undefined };
}

/** Image values that a module computes and something outside of it reads. @param members indexes of its nodes */
export function leavingValues(
  facts: GraphFacts,
  module: string,
  members: readonly number[],
): readonly string[] {
  const isMember = (index: number): boolean => isWithin(facts.scopes[index] ?? '', module);
  return members
    .flatMap((index) => facts.graph.nodes[index]?.output ?? [])
    .filter((value) => facts.imageValues.has(value) && leaves(facts, value, isMember));
}

function leaves(
  { graph, kinds }: GraphFacts,
  value: string,
  isMember: (index: number) => boolean,
): boolean {
  if (graph.outputs.some((output) => output.name === value)) return true;
  const readers = graph.consumersOf.get(value) ?? [];
  return readers.some((index) => kinds[index] === 'data' && !isMember(index));
}

/** The `Add` that makes a value, also through a division by 1 (`output_scale_factor`). */
function additionBehind(graph: OnnxGraph, value: string): number | undefined {
  const index = graph.producerOf.get(value);
  const node = index === undefined ? undefined : graph.nodes[index];
  if (node?.opType === 'Add') return index;
  const [dividend, divisor] = node?.input ?? [];
  if (node?.opType !== 'Div' || dividend === undefined || divisor === undefined) return undefined;
  const behind = graph.producerOf.get(dividend);
  return isOne(graph, divisor) && behind !== undefined && graph.nodes[behind]?.opType === 'Add'
    ? behind
    : undefined;
}

/** An initializer or a node `Constant`, as exporters leave them; float16 has its 1 as 0x3c00. */
function isOne(graph: OnnxGraph, value: string): boolean {
  const producer = graph.nodes[graph.producerOf.get(value) ?? -1];
  const made = producer?.opType === 'Constant' ? producer.attribute[0]?.t : undefined;
  const tensor = graph.initializers.get(value) ?? made;
  if (tensor?.dataType === elementType.float16 && tensor.rawData.length === 2) {
    return tensor.rawData[0] === 0 && tensor.rawData[1] === 0x3c;
  }
  return readSmallTensor(tensor)?.every((x) => x === 1) ?? false;
}

/** Image values from outside the module that a value is computed from; the value itself when it is one. */
function imageEntries(
  { graph, kinds, imageValues }: GraphFacts,
  value: string,
  isMember: (index: number | undefined) => index is number,
): string[] {
  const entries: string[] = [];
  const seen = new Set([value]);
  for (const each of seen) {
    const producer = graph.producerOf.get(each);
    if (!isMember(producer)) {
      if (imageValues.has(each)) entries.push(each);
    } else if (kinds[producer] === 'data') {
      for (const read of graph.readsOf[producer] ?? []) seen.add(read);
    }
  }
  return entries;
}
