import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { declareValue } from '../../src/engine/onnx/declareValue.ts';
import {
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProtoSchema,
} from '../../src/engine/onnx/generated/onnx_pb.js';
import { indexGraph, type OnnxGraph, withFields } from '../../src/engine/onnx/graph.ts';
import { type Attributes, NodeWriter } from '../../src/engine/onnx/nodeWriter.ts';
import { noise } from './toyUnet.ts';

/**
 * One stage with one of SDXL's transformer blocks in its real size: self-attention, cross-attention to 2,048 wide
 * text, GEGLU, projections; random weights inside the graph, norms left out.
 */
export function sdxlBlock(width: number, heads = 20): OnnxGraph {
  const module = '/mid_block/attentions.0';
  const nodes: NodeProto[] = [];
  const weights: TensorProto[] = [];
  const op = (
    scope: string,
    type: string,
    input: string[],
    attributes: Attributes = {},
  ): string => {
    const name = `${module}/${scope}${type}_${nodes.length}`;
    const writer = new NodeWriter(name, 17);
    writer.ops(type, input, attributes, [`${name}:0`]);
    nodes.push(withFields(writer.nodes[0]!, { name }));
    return `${name}:0`;
  };
  const constant = (fields: MessageInitShape<typeof TensorProtoSchema>): string => {
    const name = `w${weights.length}`;
    const tensor = create(TensorProtoSchema, fields);
    tensor.name = name;
    weights.push(tensor);
    return name;
  };
  const ints = (values: readonly number[]): string =>
    constant({ dims: [BigInt(values.length)], dataType: 7, int64Data: values.map(BigInt) });
  const linear = (scope: string, x: string, from: number, to: number): string => {
    const values = noise(from * to, weights.length, 1 / Math.sqrt(from));
    const rawData = new Uint8Array(values.buffer);
    const w = constant({ dims: [BigInt(from), BigInt(to)], dataType: 1, rawData });
    return op(scope, 'MatMul', [x, w]);
  };
  const block = 'transformer_blocks.0/';
  const split = (scope: string, x: string, perm: number[]): string =>
    op(scope, 'Transpose', [op(scope, 'Reshape', [x, ints([0, 0, heads, width / heads])])], {
      perm,
    });
  const attention = (scope: string, x: string, context: string, contextWidth: number): string => {
    const q = split(scope, linear(scope, x, width, width), [0, 2, 1, 3]);
    const k = split(scope, linear(scope, context, contextWidth, width), [0, 2, 3, 1]);
    const v = split(scope, linear(scope, context, contextWidth, width), [0, 2, 1, 3]);
    const scores = op(scope, 'Softmax', [op(scope, 'MatMul', [q, k])], { axis: -1 });
    const mixed = op(scope, 'Transpose', [op(scope, 'MatMul', [scores, v])], {
      perm: [0, 2, 1, 3],
    });
    const joined = op(scope, 'Reshape', [mixed, ints([0, 0, width])]);
    return op(block, 'Add', [linear(scope, joined, width, width), x]);
  };

  const flat = op('', 'Reshape', ['sample', ints([0, width, -1])]);
  let x = linear('proj_in/', op('', 'Transpose', [flat], { perm: [0, 2, 1] }), width, width);
  x = attention(`${block}attn1/`, x, x, width);
  x = attention(`${block}attn2/`, x, 'encoder_hidden_states', 2048);
  const ff = `${block}ff/`;
  const value = linear(ff, x, width, 4 * width);
  const gate = op(ff, 'Sigmoid', [linear(ff, x, width, 4 * width)]);
  const inner = op(ff, 'Mul', [value, gate]);
  x = op(block, 'Add', [linear(ff, inner, 4 * width, width), x]);
  x = linear('proj_out/', x, width, width);
  const back = op('', 'Transpose', [x], { perm: [0, 2, 1] });
  const update = op('', 'Reshape', [back, op('', 'Shape', ['sample'])]);
  const out = op('', 'Add', [update, 'sample']);
  const end = new NodeWriter('/conv_out', 17);
  end.name(out, 'y');
  const dims = ['batch', width, 'height', 'columns'];
  return indexGraph(
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'block',
        node: [...nodes, ...end.nodes],
        initializer: weights,
        input: [
          declareValue({ name: 'sample', dtype: 'float32', dims }),
          declareValue({
            ...{ name: 'encoder_hidden_states', dtype: 'float32' },
            dims: ['batch', 'tokens', 2048],
          }),
        ],
        output: [declareValue({ name: 'y', dtype: 'float32', dims })],
      },
    }),
  );
}
