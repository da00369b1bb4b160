import { create } from '@bufbuild/protobuf';
import type { ProductGraph } from '../ort/probeProviders.ts';
import { declareValue } from './declareValue.ts';
import { elementType } from './elementTypes.ts';
import { ModelProtoSchema, type TensorProto, TensorProtoSchema } from './generated/onnx_pb.js';
import { NodeWriter } from './nodeWriter.ts';
import { indexGraph } from './graph.ts';
import { writeGraph } from './writeGraph.ts';

/** Between what a U-net of the SDXL family multiplies: 320 to 1,280 wide. */
const n = 512;
/** 2.1 GFLOP in all: long enough to tell a graphics card from the way to it. */
const productCount = 8;
/** Rows that come back and are checked. */
const rowCount = 8;
const opset = 17;
const irVersion = 8n;

/**
 * A chain of products `y = (((scale · x) w) w) …`, f32 `[512, 512]`, of which the first rows come back. The matrices are
 * weights, as they are in a model; the scale is fed, so that nothing can be computed at load.
 */
export function productProbe(): ProductGraph {
  const x = values(1);
  // A product with it keeps the size of what it multiplies.
  const w = values(2).map((value) => value * Math.sqrt(3 / n));
  const writer = new NodeWriter('product', opset);
  let value = writer.op('Mul', ['x', 'scale']);
  for (let i = 0; i < productCount; i++) value = writer.op('MatMul', [value, 'w']);
  writer.ops('Slice', [value, writer.ints([0]), writer.ints([rowCount]), writer.ints([0])], {}, [
    'y',
  ]);
  const model = create(ModelProtoSchema, {
    irVersion,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      ...writer.asGraph([{ name: 'y', dtype: 'float32', dims: [rowCount, n] }]),
      name: 'product',
      input: [declareValue({ name: 'scale', dtype: 'float32', dims: [1] })],
      initializer: [...writer.initializers, weight('x', x), weight('w', w)],
    },
  });
  return {
    bytes: writeGraph(indexGraph(model)),
    feeds: { scale: { dtype: 'float32', dims: [1], data: Float32Array.of(1) } },
    outputName: 'y',
    expected: firstRows(x, w),
  };
}

/** In [-1, 1), the same everywhere: a linear congruence, as in Numerical Recipes. */
function values(seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: n * n }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const weight = (name: string, data: Float32Array): TensorProto =>
  create(TensorProtoSchema, {
    ...{ name, dims: [BigInt(n), BigInt(n)], dataType: elementType.float32 },
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });

/** What comes back, in double precision. */
function firstRows(x: Float32Array, w: Float32Array): Float64Array {
  let rows = Float64Array.from(x.subarray(0, rowCount * n));
  for (let i = 0; i < productCount; i++) {
    const next = new Float64Array(rowCount * n);
    for (let row = 0; row < rowCount; row++) {
      for (let k = 0; k < n; k++) {
        const factor = rows[row * n + k]!;
        for (let column = 0; column < n; column++) {
          next[row * n + column]! += factor * w[k * n + column]!;
        }
      }
    }
    rows = next;
  }
  return rows;
}
