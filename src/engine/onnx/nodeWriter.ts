import { create } from '@bufbuild/protobuf';
import { elementBytes, elementType } from './elementTypes.ts';
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from './generated/onnx_pb.js';
import type { ValueInfo } from '../../protocol/runner.ts';
import { declareValue } from './declareValue.ts';

/** Attributes by name: every number of ours is an integer. */
export type Attributes = Readonly<
  Record<string, number | string | readonly number[] | GraphProto | TensorProto>
>;

/** Small constants as initializers, each value once; branches of an `If` read those of the graph around them. */
class ConstantPool {
  readonly tensors: TensorProto[] = [];
  readonly #prefix: string;
  readonly #names = new Set<string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(label: string, make: (name: string) => TensorProto): string {
    const name = `${this.#prefix}/${label}`;
    if (!this.#names.has(name)) {
      this.#names.add(name);
      this.tensors.push(make(name));
    }
    return name;
  }
}

/** Writes nodes one by one; each `op` returns the name of its result, to be read by the next. */
export class NodeWriter {
  readonly nodes: NodeProto[] = [];
  readonly opset: number;
  readonly prefix: string;
  readonly #constants: ConstantPool;

  /** @param prefix begins the name of every node, value and constant */
  constructor(prefix: string, opset: number, constants = new ConstantPool(prefix)) {
    this.prefix = prefix;
    this.opset = opset;
    this.#constants = constants;
  }

  /** Constants used so far, by this writer and its branches. */
  get initializers(): readonly TensorProto[] {
    return this.#constants.tensors;
  }

  op(opType: string, input: readonly string[], attributes: Attributes = {}): string {
    return this.ops(opType, input, attributes, [undefined])[0]!;
  }

  /** @param outputs their names; an undefined one is made up */
  ops(
    opType: string,
    input: readonly string[],
    attributes: Attributes,
    outputs: readonly (string | undefined)[],
  ): readonly string[] {
    const name = `${this.prefix}/${opType}_${this.nodes.length}`;
    const output = outputs.map((given, index) => given ?? `${name}:${index}`);
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push(
      create(NodeProtoSchema, { name, opType, input: [...input], output, attribute }),
    );
    return output;
  }

  /** Gives a value another name: an output's. */
  name(value: string, output: string): string {
    return this.ops('Identity', [value], {}, [output])[0]!;
  }

  /** An int64 list; a lone number is a scalar. */
  ints(values: number | readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values;
    const label = `i${typeof values === 'number' ? '' : 's'}_${list.join('_')}`;
    return this.#constants.add(label, (name) =>
      create(TensorProtoSchema, {
        name,
        dims: typeof values === 'number' ? [] : [BigInt(list.length)],
        dataType: elementType.int64,
        int64Data: list.map(BigInt),
      }),
    );
  }

  /** A float32 scalar. */
  float(value: number): string {
    return this.#constants.add(`f_${value}`, (name) =>
      create(TensorProtoSchema, { name, dataType: elementType.float32, floatData: [value] }),
    );
  }

  /** A tensor of zeros, made when the graph is loaded. */
  zeros(dims: readonly number[], type: number): string {
    const count = dims.reduce((a, b) => a * b, 1);
    const rawData = new Uint8Array(count * elementBytes(type, 'zeros'));
    const value = create(TensorProtoSchema, { dims: dims.map(BigInt), dataType: type, rawData });
    return this.op('Constant', [], { value });
  }

  /** Over one axis; the axes moved from an attribute to an input with opset 13 (`ReduceSum`) and 18 (the others). */
  reduce(
    op: 'ReduceSum' | 'ReduceMean' | 'ReduceL2' | 'ReduceSumSquare',
    value: string,
    axis: number,
    keepdims: 0 | 1,
  ): string {
    const isInput = op === 'ReduceSum' || this.opset >= 18;
    return isInput
      ? this.op(op, [value, this.ints([axis])], { keepdims })
      : this.op(op, [value], { axes: [axis], keepdims });
  }

  cast(value: string, type: number): string {
    return this.op('Cast', [value], { to: type });
  }

  /** A writer for one branch of an `If`; its nodes may read every value of this graph. */
  branch(label: string): NodeWriter {
    return new NodeWriter(`${this.prefix}/${label}`, this.opset, this.#constants);
  }

  /** This branch as a graph; its outputs are what the `If` returns, in order. A body of a loop has inputs too. */
  asGraph(outputs: readonly ValueInfo[], inputs: readonly ValueInfo[] = []): GraphProto {
    const output = outputs.map(declareValue);
    const input = inputs.map(declareValue);
    return create(GraphProtoSchema, { name: this.prefix, node: this.nodes, input, output });
  }
}

function attributeOf(name: string, value: Attributes[string]): AttributeProto {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    const s = new TextEncoder().encode(value);
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s });
  }
  if ('$typeName' in value) {
    return value.$typeName === 'onnx.TensorProto'
      ? create(AttributeProtoSchema, { name, type: AttributeType.TENSOR, t: value })
      : create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: value });
  }
  const ints = value.map(BigInt);
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints });
}
