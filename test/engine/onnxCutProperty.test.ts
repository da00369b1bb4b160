import assert from 'node:assert/strict';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { cutIntoSegments } from '../../src/engine/onnx/cutIntoSegments.ts';
import { declareValue } from '../../src/engine/onnx/declareValue.ts';
import { ModelProtoSchema } from '../../src/engine/onnx/generated/onnx_pb.js';
import { indexGraph, type OnnxGraph } from '../../src/engine/onnx/graph.ts';
import { NodeWriter } from '../../src/engine/onnx/nodeWriter.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
import type { TensorValue } from '../../src/protocol/tensors.ts';
import { openDirect } from '../support/ortDirect.ts';
import { noise } from '../support/toyUnet.ts';

/** One random node; `a`, `b` and `c` pick earlier values, counted from the latest. */
interface Step {
  readonly kind: (typeof kinds)[number];
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
const kinds = [
  ...['add', 'mul', 'tanh', 'swish', 'constant', 'reshapeLike', 'sizeFactor', 'concatSize'],
  ...['capture', 'moved'],
] as const;

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  a: fc.nat({ max: 30 }),
  b: fc.nat({ max: 30 }),
  c: fc.nat({ max: 30 }),
});

const dims = [2, 3, 4, 4] as const;
const inputDims = ['batch', 3, 'height', 'width'];

/** A graph whose data values all have the shape of its inputs `x` and `z`; sizes and constants are mixed in. */
function build(steps: readonly Step[]): { graph: OnnxGraph; values: readonly string[] } {
  const w = new NodeWriter('n', 17);
  const values = ['x', 'z'];
  const pick = (index: number): string => values[values.length - 1 - (index % values.length)]!;
  const sizes = [w.op('Shape', ['x'])];
  const pickSize = (index: number): string => sizes[sizes.length - 1 - (index % sizes.length)]!;
  const scalar = (size: string, axis: number): string =>
    w.cast(w.op('Gather', [size, w.ints(axis % 4)], { axis: 0 }), 1);
  for (const { kind, a, b, c } of steps) {
    const value = pick(a);
    if (kind === 'add') values.push(w.op('Add', [value, pick(b)]));
    else if (kind === 'mul') values.push(w.op('Mul', [value, w.op('Tanh', [pick(b)])]));
    else if (kind === 'tanh') values.push(w.op('Tanh', [value]));
    else if (kind === 'swish') values.push(w.op('Mul', [value, w.op('Sigmoid', [value])]));
    else if (kind === 'constant') {
      values.push(w.op('Add', [value, w.op('Add', [w.float(0.5), w.float(0.25 * b)])]));
    } else if (kind === 'reshapeLike') {
      const flat = w.op('Reshape', [value, w.ints([0, 0, -1])]);
      values.push(w.op('Reshape', [flat, pickSize(c)]));
    } else if (kind === 'sizeFactor') {
      sizes.push(w.op('Shape', [pick(b)]));
      values.push(w.op('Div', [value, scalar(pickSize(c), b)]));
    } else if (kind === 'concatSize') {
      // Sizes of two tensors in one list: neither may be at hand in the segment that reads it.
      const [p, q] = [w.op('Shape', [pick(b)]), w.op('Shape', [pick(c)])];
      const head = w.op('Slice', [p, w.ints([0]), w.ints([2])]);
      const tail = w.op('Slice', [q, w.ints([2]), w.ints([4])]);
      sizes.push(w.op('Concat', [head, tail], { axis: 0 }));
    } else if (kind === 'capture') {
      const [on, off] = [w.branch(`on${w.nodes.length}`), w.branch(`off${w.nodes.length}`)];
      const info = (name: string) =>
        ({ name, dtype: 'float32', dims: ['p', 'q', 'r', 's'] }) as const;
      const positive = w.op('Greater', [scalar(pickSize(b), c), w.float(3)]);
      const thenGraph = on.asGraph([info(on.op('Add', [value, pick(b)]))]);
      const elseGraph = off.asGraph([info(off.op('Mul', [value, pick(c)]))]);
      const branched = w.op('If', [positive], { then_branch: thenGraph, else_branch: elseGraph });
      values.push(w.op('Add', [branched, value]));
    } else {
      const back = w.op('Transpose', [value], { perm: [0, 1, 3, 2] });
      values.push(w.op('Transpose', [back], { perm: [0, 1, 3, 2] }));
    }
  }
  w.name(values.at(-1)!, 'y');
  w.name(pickSize(0), 'size');
  const value = (name: string) => declareValue({ name, dtype: 'float32', dims: inputDims });
  const graph = indexGraph(
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 17n }],
      graph: {
        name: 'g',
        node: w.nodes,
        initializer: [...w.initializers],
        input: [value('x'), value('z')],
        output: [value('y'), declareValue({ name: 'size', dtype: 'int64', dims: [4] })],
      },
    }),
  );
  return { graph, values: values.slice(2) };
}

describe('a random graph', () => {
  it('gives the same bits whole and cut anywhere, each value computed once', async function () {
    this.timeout(120_000);
    const cases = fc.record({
      steps: fc.array(step, { minLength: 2, maxLength: 20 }),
      at: fc.array(fc.nat({ max: 40 }), { maxLength: 4 }),
    });
    const property = fc.asyncProperty(cases, async ({ steps, at }) => {
      const { graph, values } = build(steps);
      const feeds: Record<string, TensorValue> = {
        x: { dtype: 'float32', dims, data: noise(96, 1) },
        z: { dtype: 'float32', dims, data: noise(96, 2) },
      };
      const run = async (bytes: Uint8Array, from: Record<string, TensorValue>) => {
        const session = await openDirect(bytes, '.');
        try {
          return await session.run(from);
        } finally {
          await session.release();
        }
      };
      const whole = await run(writeGraph(graph), feeds);
      const cutAt = new Set(at.map((index) => values[index % values.length]!));
      const segments = cutIntoSegments(
        graph,
        [...cutAt].map((value) => ({ name: value, value })),
      );
      assert.equal(segments.length, cutAt.size + 1);
      const known = { ...feeds };
      const made = new Set<string>();
      for (const { bytes, inputs, outputs } of segments) {
        const results = await run(
          bytes,
          Object.fromEntries(inputs.map(({ name }) => [name, known[name]!])),
        );
        for (const { name, dtype, dims: declared } of outputs) {
          assert.ok(!made.has(name), `${name} is computed twice`);
          made.add(name);
          const actual = results[name]!;
          assert.equal(actual.dtype, dtype);
          assert.equal(actual.dims.length, declared.length);
          declared.forEach((dim, i) => {
            if (typeof dim === 'number') assert.equal(actual.dims[i], dim, `${name} axis ${i}`);
          });
          known[name] = actual;
        }
      }
      assert.deepEqual(known['y'], whole['y']);
      assert.deepEqual(known['size'], whole['size']);
    });
    await fc.assert(property, { numRuns: 150, seed: 20_241_122 });
  });
});
