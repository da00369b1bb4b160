import { create, toBinary } from '@bufbuild/protobuf';
import { declareValue } from '../../src/engine/onnx/declareValue.ts';
import {
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProtoSchema,
} from '../../src/engine/onnx/generated/onnx_pb.js';
import { withFields } from '../../src/engine/onnx/graph.ts';
import { scopeOf } from '../../src/engine/onnx/nodeScope.ts';
import { type Attributes, NodeWriter } from '../../src/engine/onnx/nodeWriter.ts';
import type { ValueInfo } from '../../src/protocol/runner.ts';
import type { TensorValue } from '../../src/protocol/tensors.ts';

const toyWidth = 8;
const contextWidth = 6;
const toySize = 4;

export interface ToyOptions {
  /** Whose names the nodes carry; both at opset 17. */
  readonly exporter?: 'legacy' | 'dynamo';
  /** Hidden states around each stage are float16, as in a float16 export. */
  readonly isHalf?: boolean;
  /** Transformer blocks a stage: makes the graph long. */
  readonly blockCount?: number;
}

/** Values in [-1, 1) from a linear congruence: the same on every machine. */
export function noise(count: number, seed: number, scale = 1): Float32Array {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

/** Writes nodes with names and values as torch's older exporter does. */
class ToyWriter {
  readonly nodes: NodeProto[] = [];
  readonly weights: TensorProto[] = [];
  #count = 0;

  op(scope: string, opType: string, input: readonly string[], attributes: Attributes = {}): string {
    const name = `${scope === '' ? '' : `/${scope}`}/${opType}_${this.#count++}`;
    const writer = new NodeWriter(name, 17);
    const output = `${name}_output_0`;
    writer.ops(opType, input, attributes, [output]);
    this.nodes.push(withFields(writer.nodes[0]!, { name }));
    return output;
  }

  weight(dims: readonly number[], scale: number): string {
    const name = `weight_${this.weights.length}`;
    const count = dims.reduce((a, b) => a * b, 1);
    const floatData = [...noise(count, this.weights.length + 1, scale)];
    this.weights.push(
      create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: 1, floatData }),
    );
    return name;
  }

  ints(values: readonly number[]): string {
    const name = `ints_${this.weights.length}`;
    const dims = [BigInt(values.length)];
    const int64Data = values.map(BigInt);
    this.weights.push(create(TensorProtoSchema, { name, dims, dataType: 7, int64Data }));
    return name;
  }
}

/** A U-net in the small: time embedding, three stages, ResNets, skip connections, shape arithmetic. */
export function toyUnet(options: ToyOptions = {}): Uint8Array {
  const w = new ToyWriter();
  const { isHalf = false, blockCount = 1 } = options;
  const emb = w.op('time_embedding/act', 'Tanh', [
    w.op('time_embedding', 'MatMul', ['temb', w.weight([3, toyWidth], 1)]),
  ]);
  const conv = (scope: string, x: string, from: number): string =>
    w.op(scope, 'Conv', [x, w.weight([toyWidth, from, 3, 3], 0.3)], { pads: [1, 1, 1, 1] });

  function resnet(module: string, x: string, from: number): string {
    const first = conv(`${module}/conv1`, x, from);
    const time = w.op(module, 'Unsqueeze', [emb, w.ints([2, 3])]);
    const sum = w.op(module, 'Add', [first, time]);
    const last = conv(`${module}/conv2`, w.op(`${module}/act`, 'Tanh', [sum]), toyWidth);
    const residual = from === toyWidth ? x : conv(`${module}/conv_shortcut`, x, from);
    return w.op(module, 'Add', [residual, last]);
  }

  function stage(module: string, input: string): string {
    const x = isHalf ? w.op(module, 'Cast', [input], { to: 1 }) : input;
    const size = w.op(module, 'Shape', [x]);
    const flat = w.op(module, 'Reshape', [x, w.ints([0, toyWidth, -1])]);
    let tokens = w.op(module, 'Transpose', [flat], { perm: [0, 2, 1] });
    for (let block = 0; block < blockCount; block++) {
      const inner = `${module}/transformer_blocks.${block}/attn2`;
      const q = w.op(`${inner}/to_q`, 'MatMul', [tokens, w.weight([toyWidth, toyWidth], 0.5)]);
      const context = [contextWidth, toyWidth];
      const k = w.op(`${inner}/to_k`, 'MatMul', ['encoder_hidden_states', w.weight(context, 0.5)]);
      const v = w.op(`${inner}/to_v`, 'MatMul', ['encoder_hidden_states', w.weight(context, 0.5)]);
      const turned = w.op(inner, 'Transpose', [k], { perm: [0, 2, 1] });
      const scores = w.op(inner, 'Softmax', [w.op(inner, 'MatMul', [q, turned])], { axis: -1 });
      const mixed = w.op(inner, 'MatMul', [scores, v]);
      tokens = w.op(`${module}/transformer_blocks.${block}`, 'Add', [mixed, tokens]);
    }
    const out = w.op(`${module}/proj_out`, 'MatMul', [tokens, w.weight([toyWidth, toyWidth], 0.4)]);
    const back = w.op(module, 'Transpose', [out], { perm: [0, 2, 1] });
    const shaped = w.op(module, 'Reshape', [back, size]);
    const update = isHalf ? w.op(module, 'Cast', [shaped], { to: 10 }) : shaped;
    return w.op(module, 'Add', [update, input]);
  }
  const narrow = (x: string): string => (isHalf ? w.op('', 'Cast', [x], { to: 10 }) : x);
  const widen = (x: string): string => (isHalf ? w.op('', 'Cast', [x], { to: 1 }) : x);

  const start = conv('conv_in', 'sample', 4);
  const down = resnet('down_blocks.0/resnets.0', start, toyWidth);
  const first = stage('down_blocks.0/attentions.0', narrow(down));
  const middle = resnet('mid_block/resnets.0', widen(first), toyWidth);
  const second = stage('mid_block/attentions.0', narrow(middle));
  const skip = w.op('up_blocks.0', 'Concat', [widen(second), widen(first)], { axis: 1 });
  const up = resnet('up_blocks.0/resnets.0', skip, 2 * toyWidth);
  const third = stage('up_blocks.0/attentions.0', narrow(up));
  const both = w.op('', 'Concat', [widen(third), start], { axis: 1 });
  const last = w.op('conv_out', 'Conv', [both, w.weight([4, 2 * toyWidth, 1, 1], 0.3)]);

  const end = new NodeWriter('end', 17);
  end.name(last, 'out_sample');
  const value = (name: string, dims: ValueInfo['dims']) =>
    declareValue({ name, dtype: 'float32', dims });
  const latents = ['batch', 4, 'height', 'width'];
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'toy',
        node: [...(options.exporter === 'dynamo' ? w.nodes.map(asDynamo) : w.nodes), ...end.nodes],
        initializer: w.weights,
        input: [
          value('sample', latents),
          value('temb', ['batch', 3]),
          value('encoder_hidden_states', ['batch', 'tokens', contextWidth]),
        ],
        output: [value('out_sample', latents)],
      },
    }),
  );
}

/** Moves a node's origin from its name into metadata, as torch's dynamo exporter has it. */
function asDynamo(node: NodeProto, index: number): NodeProto {
  const scopes = scopeOf(node).split('.');
  const list = scopes.map((_, i) => `'${scopes.slice(0, i + 1).join('.')}'`);
  const value = `['', ${list.join(', ')}, 'node_${index}']`;
  const entry = { $typeName: 'onnx.StringStringEntryProto' as const };
  const metadataProps = [{ ...entry, key: 'pkg.torch.onnx.name_scopes', value }];
  return withFields(node, { name: `node_${index}`, metadataProps });
}

/** Inputs of a toy U-net, the same for the same seed. */
export function toyFeeds(rows: number, seed = 1): Record<string, TensorValue> {
  const float32 = (dims: readonly number[], salt: number): TensorValue => ({
    dtype: 'float32',
    dims,
    data: noise(
      dims.reduce((a, b) => a * b, 1),
      seed * 31 + salt,
      1.5,
    ),
  });
  return {
    sample: float32([rows, 4, toySize, toySize], 1),
    temb: float32([rows, 3], 2),
    encoder_hidden_states: float32([rows, 5, contextWidth], 3),
  };
}
