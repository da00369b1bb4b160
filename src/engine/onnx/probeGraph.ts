import { create, toBinary } from '@bufbuild/protobuf';
import type { ProbeGraph } from '../ort/probeProviders.ts';
import { declareValue } from './declareValue.ts';
import { ModelProtoSchema } from './generated/onnx_pb.js';
import { NodeWriter } from './nodeWriter.ts';

const rows = 8;
const width = 16;
const k = 4;
const opset = 17;
/** ONNX IR version that goes with opset 17. */
const irVersion = 8n;

/**
 * A tiny graph with the operators that an SAE needs (MatMul, TopK, Relu, Gather), and its answer: for each row of `x`
 * the sum of the rows that match it best,
 * ```
 * y_i = Σ_{j in TopK_k(x_i · x)} x_j
 * ```
 * Values are small integers, so every provider has to be exact in float32.
 */
export function probeGraph(): ProbeGraph {
  const writer = new NodeWriter('probe', opset);
  const scores = writer.op('MatMul', ['x', writer.op('Transpose', ['x'], { perm: [1, 0] })]);
  const topK = [scores, writer.ints([k])];
  const [, ids = ''] = writer.ops('TopK', topK, { axis: 1, sorted: 1 }, [undefined, undefined]);
  const matches = writer.op('Gather', ['x', ids], { axis: 0 });
  const sums = writer.reduce('ReduceSum', matches, 1, 0);
  writer.name(writer.op('Relu', [sums]), 'y');
  const dims = [rows, width];
  const model = create(ModelProtoSchema, {
    irVersion,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      ...writer.asGraph([{ name: 'y', dtype: 'float32', dims }]),
      name: 'probe',
      initializer: [...writer.initializers],
      input: [declareValue({ name: 'x', dtype: 'float32', dims })],
    },
  });
  const x = Float32Array.from({ length: rows * width }, (_, index) => (index * index * 7) % 23);
  return {
    bytes: toBinary(ModelProtoSchema, model),
    feeds: { x: { dtype: 'float32', dims, data: x } },
    outputName: 'y',
    expected: answer(x),
    tolerance: 0,
  };
}

function answer(x: Float32Array): Float32Array {
  const row = (i: number): Float32Array => x.subarray(i * width, (i + 1) * width);
  const y = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const scores = Array.from({ length: rows }, (_, j) =>
      row(i).reduce((sum, value, d) => sum + value * row(j)[d]!, 0),
    );
    const best = scores.map((_, j) => j).sort((a, b) => scores[b]! - scores[a]! || a - b);
    for (const j of best.slice(0, k)) row(j).forEach((value, d) => (y[i * width + d]! += value));
  }
  return y;
}
