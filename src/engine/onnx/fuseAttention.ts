import { create } from '@bufbuild/protobuf';
import { intAttribute, intsAttribute, readSmallTensor } from './constants.ts';
import { elementType } from './elementTypes.ts';
import { type NodeProto, OperatorSetIdProtoSchema } from './generated/onnx_pb.js';
import { changeGraph, indexGraph, type OnnxGraph, withFields } from './graph.ts';
import { inferTypes } from './inferTypes.ts';
import { NodeWriter } from './nodeWriter.ts';
import type { Dim, ValueType } from './valueTypes.ts';

/** ONNX Runtime's own operators. */
const domain = 'com.microsoft';
/** Of the scale, relative, by the type that exporters compute it in: two factors, each rounded to 24 or to 11 bits. */
const scaleTolerances = new Map<number, number>([
  [elementType.float32, 1e-5],
  [elementType.float16, 2 ** -10],
]);

/** Of the numbers that a scale is computed from: exporters need six. */
const scaleDepthMax = 8;

/** An attention as exporters write it out, and what it reads before it is split into heads. */
interface Attention {
  /** Index of the node that ends it. */
  readonly end: number;
  readonly q: string; // [rows, cells, heads * headSize]
  readonly k: string; // [rows, tokens, heads * headSize]
  readonly v: string; // [rows, tokens, heads * headSize]
  readonly heads: number;
}

/** A value that is split into heads, and what it is multiplied by. */
interface Split {
  readonly whole: string; // [rows, positions, heads * headSize]
  readonly rows: Dim;
  readonly heads: number;
  readonly headSize: number;
  readonly scale: number;
  readonly scaleTolerance: number;
}

/**
 * Puts ONNX Runtime's fused operator in the place of every scaled dot-product attention that torch's exporters wrote out
 * in some thirty nodes: `softmax(q kᵀ / √headSize) v`, no mask, float32 or float16. The sums are the same to rounding, and
 * a large picture's scores are never all in memory. What is not proved to be just that stays as it is.
 */
export function fuseAttention(graph: OnnxGraph): OnnxGraph {
  const proto = graph.model.graph;
  const matcher = new AttentionMatcher(graph);
  const found = graph.nodes.flatMap((node) => matcher.match(node) ?? []);
  if (!proto || found.length === 0) return graph;
  const nodes = new Map(graph.nodes.map((node, index) => [index, node]));
  for (const { end, q, k, v, heads } of found) {
    const last = graph.nodes[end]!;
    const w = new NodeWriter(last.name, graph.opset);
    w.ops('MultiHeadAttention', [q, k, v], { num_heads: heads }, last.output);
    // The name says which module it is part of.
    nodes.set(end, withFields(last, { ...w.nodes[0]!, name: last.name, domain }));
  }
  const { opsetImport } = graph.model;
  const isKnown = opsetImport.some((set) => set.domain === domain);
  const own = create(OperatorSetIdProtoSchema, { domain, version: 1n });
  const fused = indexGraph(
    withFields(graph.model, {
      opsetImport: isKnown ? opsetImport : [...opsetImport, own],
      graph: withFields(proto, { node: [...nodes.values()] }),
    }),
  );
  return withoutUnread(fused);
}

class AttentionMatcher {
  readonly #graph: OnnxGraph;
  readonly #types: ReadonlyMap<string, ValueType>;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    this.#types = inferTypes(graph);
  }

  /** @returns undefined when the node is no `Softmax`, or anything around it is not as it should be */
  match(softmax: NodeProto): Attention | undefined {
    if (softmax.opType !== 'Softmax' || intAttribute(softmax, 'axis', -1) !== -1) return undefined;
    const scores = this.#producer(softmax.input[0]);
    const mixed = this.#onlyReader(softmax);
    const turned = mixed && this.#onlyReader(mixed);
    const joined = turned && this.#onlyReader(turned);
    const isWhole =
      scores?.opType === 'MatMul' &&
      mixed?.opType === 'MatMul' &&
      mixed.input[0] === softmax.output[0] &&
      isTransposed(turned, '0,2,1,3') &&
      joined?.opType === 'Reshape';
    if (!isWhole) return undefined;
    const q = this.#split(scores.input[0], '0,2,1,3');
    const k = this.#split(scores.input[1], '0,2,3,1');
    const v = this.#split(mixed.input[1], '0,2,1,3');
    const end = this.#graph.producerOf.get(joined.output[0] ?? '');
    if (!q || !k || !v || end === undefined) return undefined;
    const { rows, heads, headSize, scaleTolerance } = q;
    const isEven = [k, v].every((each) => each.heads === heads && each.headSize === headSize);
    const scale = q.scale * k.scale * Math.sqrt(headSize);
    const isScaled = Math.abs(scale - 1) <= scaleTolerance && v.scale === 1;
    const dims = this.#types.get(joined.output[0] ?? '')?.dims;
    const isJoined = dims?.length === 3 && canBeSame(dims[0], rows) && dims[2] === heads * headSize;
    return isEven && isScaled && isJoined
      ? { end, q: q.whole, k: k.whole, v: v.whole, heads }
      : undefined;
  }

  #producer(value: string | undefined): NodeProto | undefined {
    return this.#graph.nodes[this.#graph.producerOf.get(value ?? '') ?? -1];
  }

  #onlyReader(node: NodeProto): NodeProto | undefined {
    const [reader, ...others] = this.#graph.consumersOf.get(node.output[0] ?? '') ?? [];
    return others.length === 0 ? this.#graph.nodes[reader ?? -1] : undefined;
  }

  /** A `Reshape` into heads, turned by `perm`, and a `Mul` by the scale where there is one. */
  #split(value: string | undefined, perm: string): Split | undefined {
    let turned = this.#producer(value);
    let scale: number | undefined = 1;
    if (turned?.opType === 'Mul') {
      const [a, b] = turned.input;
      scale = this.#scalar(b);
      turned = this.#producer(a);
    }
    const unswapped = this.#unswapped(turned);
    if (unswapped && perm === '0,2,3,1') [turned, perm] = [unswapped, '0,2,1,3'];
    if (scale === undefined || !isTransposed(turned, perm)) return undefined;
    const shaped = this.#producer(turned.input[0]);
    const whole = shaped?.input[0] ?? '';
    const { dims, elementType: type } = this.#types.get(whole) ?? {};
    const [rows, , heads, headSize] = this.#types.get(shaped?.output[0] ?? '')?.dims ?? [];
    const scaleTolerance = scaleTolerances.get(type ?? NaN);
    const isSplit =
      shaped?.opType === 'Reshape' &&
      scaleTolerance !== undefined &&
      typeof heads === 'number' &&
      typeof headSize === 'number' &&
      dims?.length === 3 &&
      canBeSame(dims[0], rows) &&
      dims[2] === heads * headSize;
    return isSplit ? { whole, rows, heads, headSize, scale, scaleTolerance } : undefined;
  }

  /** What torch's newer exporter swapped the last two of four axes of: joined to three axes, swapped, split again. */
  #unswapped(split: NodeProto | undefined): NodeProto | undefined {
    const swapped = this.#producer(split?.input[0]);
    const joined = this.#producer(swapped?.input[0]);
    const whole = joined?.input[0];
    const isSwap =
      split?.opType === 'Reshape' &&
      isTransposed(swapped, '0,2,1') &&
      joined?.opType === 'Reshape' &&
      this.#axesOf(joined.input[1], whole)?.join() === '-1,2,3' &&
      this.#axesOf(split.input[1], whole)?.join() === '0,1,3,2';
    return isSwap ? this.#producer(whole) : undefined;
  }

  /** The axes of a tensor of four whose sizes a shape is made of, and -1 for what is left; undefined for other shapes. */
  #axesOf(shape: string | undefined, tensor: string | undefined): number[] | undefined {
    const node = this.#producer(shape);
    if (!node) return only(this.#numbers(shape)) === -1 ? [-1] : undefined;
    if (node.opType === 'Concat') {
      const parts = node.input.map((part) => this.#axesOf(part, tensor));
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    }
    const sizes = this.#producer(node.input[0]);
    const isOfTensor =
      node.opType === 'Slice' &&
      node.input.length === 3 &&
      sizes?.opType === 'Shape' &&
      intAttribute(sizes, 'start', 0) === 0 &&
      !sizes.attribute.some(({ name }) => name === 'end') &&
      sizes.input[0] === tensor;
    if (!isOfTensor) return undefined;
    const [start, end] = [node.input[1], node.input[2]].map((one) => only(this.#numbers(one)));
    return start === undefined || end === undefined ? undefined : [0, 1, 2, 3].slice(start, end);
  }

  /** A small tensor that is part of the graph. */
  #numbers(value: string | undefined): readonly number[] | undefined {
    const node = this.#producer(value);
    return node?.opType === 'Constant'
      ? readSmallTensor(node.attribute.find(({ name }) => name === 'value')?.t)
      : node
        ? undefined
        : readSmallTensor(this.#graph.initializers.get(value ?? ''));
  }

  /** A number that follows from constants and from the last size of a tensor; undefined for all others. */
  #scalar(value: string | undefined, depth = 0): number | undefined {
    if (depth > scaleDepthMax) return undefined;
    const node = this.#producer(value);
    const input = (index: number): number => this.#scalar(node?.input[index], depth + 1) ?? NaN;
    const result = ((): number | undefined => {
      switch (node?.opType) {
        case undefined:
        case 'Constant':
          return only(this.#numbers(value));
        case 'Cast':
          return input(0);
        case 'Sqrt':
          return Math.sqrt(input(0));
        case 'Div':
          return input(0) / input(1);
        case 'Slice': {
          const shape = this.#producer(node.input[0]);
          const isLast = node.input.length === 3 && input(1) === -1 && input(2) >= 4;
          if (!isLast || shape?.opType !== 'Shape' || shape.attribute.length > 0) return undefined;
          const size = this.#types.get(shape.input[0] ?? '')?.dims?.at(-1);
          return typeof size === 'number' ? size : undefined;
        }
        default:
          return undefined;
      }
    })();
    return Number.isNaN(result) ? undefined : result;
  }
}

const isTransposed = (node: NodeProto | undefined, perm: string): node is NodeProto =>
  node?.opType === 'Transpose' && intsAttribute(node, 'perm')?.join() === perm;

/** Most sizes of rows are known to a run alone: no exporter mixes rows where it splits heads. */
const canBeSame = (a: Dim, b: Dim): boolean => a === undefined || b === undefined || a === b;

const only = (values: readonly number[] | undefined): number | undefined =>
  values?.length === 1 ? values[0] : undefined;

/** Without nodes that nothing reads any more. */
function withoutUnread(graph: OnnxGraph): OnnxGraph {
  const read = new Set(graph.outputs.map(({ name }) => name));
  const node: NodeProto[] = [];
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    const each = graph.nodes[index]!;
    if (!each.output.some((name) => read.has(name))) continue;
    for (const name of graph.readsOf[index] ?? []) read.add(name);
    node.push(each);
  }
  return changeGraph(graph, { node: node.reverse() });
}
