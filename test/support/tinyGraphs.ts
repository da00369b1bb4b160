import { create, toBinary } from '@bufbuild/protobuf';
import { declareValue } from '../../src/engine/onnx/declareValue.ts';
import { ModelProtoSchema } from '../../src/engine/onnx/generated/onnx_pb.js';
import { NodeWriter } from '../../src/engine/onnx/nodeWriter.ts';

/**
 * A chain of square matrix products, as long as wanted; `y` keeps the shape of `x` and equals it
 * when `x` is the identity.
 *
 * @param productCount how long it runs: each product of 512 x 512 takes about 3 ms on one core
 */
export function matrixChain(productCount: number): Uint8Array {
  const writer = new NodeWriter('chain', 17);
  let value = 'x';
  for (let i = 0; i < productCount; i++) value = writer.op('MatMul', [value, 'x']);
  writer.name(value, 'y');
  const square = ['n', 'n'];
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      ...writer.asGraph([{ name: 'y', dtype: 'float32', dims: square }]),
      initializer: [...writer.initializers],
      input: [declareValue({ name: 'x', dtype: 'float32', dims: square })],
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** f32 `[n, n]` */
export function identity(n: number): Float32Array {
  return Float32Array.from({ length: n * n }, (_, index) => (index % (n + 1) === 0 ? 1 : 0));
}
