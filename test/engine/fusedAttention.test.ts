import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fuseAttention } from '../../src/engine/onnx/fuseAttention.ts';
import type { NodeProto } from '../../src/engine/onnx/generated/onnx_pb.js';
import { changeGraph, type OnnxGraph, withFields } from '../../src/engine/onnx/graph.ts';
import { NodeWriter } from '../../src/engine/onnx/nodeWriter.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
import { float32ToHalf, halfToFloat32 } from '../../src/numerics/halfPrecision.ts';
import type { TensorValue } from '../../src/protocol/tensors.ts';
import { OptimumFolders } from '../support/optimumFolders.ts';
import { openDirect } from '../support/ortDirect.ts';
import { noise, toyUnet } from '../support/toyUnet.ts';

const unetDir = join(import.meta.dirname, '..', '..', 'models', 'mini', 'unet');
/** Attentions of the embedded model's U-net: six stages of two blocks, each with two. */
const attentionCount = 24;

const readMini = (): OnnxGraph => readGraph(readFileSync(join(unetDir, 'model.onnx')));
const countOf = (graph: OnnxGraph, opType: string): number =>
  graph.nodes.filter((node) => node.opType === opType).length;

function float32(dims: readonly number[], seed: number): TensorValue {
  const size = dims.reduce((a, b) => a * b, 1);
  return { dtype: 'float32', dims, data: noise(size, seed, 1) };
}

const feeds = (rows: number, size: number): Record<string, TensorValue> => ({
  sample: float32([rows, 4, size, size], 1),
  timestep: { dtype: 'float32', dims: [], data: Float32Array.of(999) },
  encoder_hidden_states: float32([rows, 32, 128], 2),
  text_embeds: float32([rows, 64], 3),
  time_ids: float32([rows, 6], 4),
});

/** The embedded model's graph with its first attention changed. */
function withFirst(opType: string, change: (node: NodeProto) => readonly NodeProto[]): OnnxGraph {
  const graph = readMini();
  const softmax = graph.nodes.findIndex((node) => node.opType === 'Softmax');
  const scores = graph.producerOf.get(graph.nodes[softmax]!.input[0]!)!;
  const scaled = graph.producerOf.get(graph.nodes[scores]!.input[0]!)!;
  const turned = graph.producerOf.get(graph.nodes[scaled]!.input[0]!)!;
  const at = { Softmax: softmax, Mul: scaled, Transpose: turned }[opType]!;
  assert.equal(graph.nodes[at]?.opType, opType);
  const node = graph.nodes.flatMap((each, index) => (index === at ? change(each) : [each]));
  return changeGraph(graph, { node });
}

/** The newer exporter's graph in which the first keys come from their swap as `[rows, heads, positions, headSize]`. */
function withOtherSwap(graph: OnnxGraph): OnnxGraph {
  const makerOf = (value: string | undefined): NodeProto =>
    graph.nodes[graph.producerOf.get(value!)!]!;
  const softmax = graph.nodes.find((node) => node.opType === 'Softmax')!;
  const scaled = makerOf(makerOf(softmax.input[0]).input[1]);
  const concat = makerOf(makerOf(scaled.input[0]).input[1]);
  assert.equal(concat.opType, 'Concat');
  const [first, ...lastTwo] = concat.input;
  const swapped = withFields(concat, { input: [first!, ...lastTwo.reverse()] });
  const node = graph.nodes.map((each) => (each === concat ? swapped : each));
  return changeGraph(graph, { node });
}

/** A float16 tensor of the same numbers, nearly. */
const asHalf = ({ dims, data }: TensorValue): TensorValue => ({
  dtype: 'float16',
  dims,
  data: float32ToHalf(data as Float32Array),
});

/** Of two outputs, relative to the largest number of the first. */
function largestError(a: TensorValue | undefined, b: TensorValue | undefined): number {
  const [expected, actual] = [a, b].map((each) =>
    each?.dtype === 'float16' ? halfToFloat32(each.data as Uint16Array) : each?.data,
  );
  assert.ok(expected instanceof Float32Array && actual instanceof Float32Array);
  const largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  assert.ok(largest > 0);
  return expected.reduce((max, x, i) => Math.max(max, Math.abs(x - actual[i]!)), 0) / largest;
}

describe('fuseAttention', () => {
  it('gives what the written-out attention gives, to float32 rounding', async function () {
    this.timeout(60_000);
    const graph = readMini();
    const fused = fuseAttention(graph);
    assert.equal(countOf(fused, 'MultiHeadAttention'), attentionCount);
    assert.equal(countOf(fused, 'Softmax'), 0);
    const sessions = [
      await openDirect(writeGraph(graph), unetDir),
      await openDirect(writeGraph(fused), unetDir),
    ];
    try {
      for (const [rows, size] of [
        [1, 32],
        [2, 32],
        [1, 48],
      ] as const) {
        const [a, b] = await Promise.all(sessions.map((each) => each.run(feeds(rows, size))));
        const error = largestError(a?.['out_sample'], b?.['out_sample']);
        // Another order of the same float32 sums; measured 2.6e-6.
        assert.ok(error <= 1e-5, `${String(rows)} x ${String(size)}: ${String(error)}`);
      }
    } finally {
      for (const session of sessions) await session.release();
    }
  });

  it('knows how both exporters write attentions, in float32 and in float16', async function () {
    this.timeout(120_000);
    const folders = new OptimumFolders();
    try {
      for (const name of ['kl-fp32', 'kl-fp32-dynamo', 'kl-fp16', 'kl-fp16-dynamo']) {
        const dir = join(folders.unpack(name), 'unet');
        const graph = readGraph(readFileSync(join(dir, 'model.onnx')));
        const fused = fuseAttention(graph);
        assert.ok(countOf(graph, 'Softmax') > 0, name);
        assert.equal(countOf(fused, 'MultiHeadAttention'), countOf(graph, 'Softmax'), name);
        assert.equal(countOf(fused, 'Softmax'), 0, name);
        if (name.endsWith('dynamo')) {
          const others = fuseAttention(withOtherSwap(graph));
          assert.equal(countOf(others, 'Softmax'), 1, 'keys that are joined to other axes');
        }
        const isHalf = name.includes('fp16');
        const inputs = Object.entries({
          sample: float32([2, 4, 24, 32], 1),
          timestep: float32(name.endsWith('dynamo') ? [1] : [], 5),
          encoder_hidden_states: float32([2, 24, 32], 2),
          text_embeds: float32([2, 16], 3),
          time_ids: float32([2, 6], 4),
        }).map(([key, value]) => [key, isHalf ? asHalf(value) : value] as const);
        const [a, b] = await Promise.all(
          [graph, fused].map(async (each) => {
            const session = await openDirect(writeGraph(each), dir);
            try {
              return await session.run(Object.fromEntries(inputs));
            } finally {
              await session.release();
            }
          }),
        );
        const error = largestError(a?.['out_sample'], b?.['out_sample']);
        // float32: another order of the same sums, measured 5.9e-7. float16: results have 11 bits, and the scale of the
        // written-out one has no more; measured 9.4e-4.
        assert.ok(error <= (isHalf ? 2e-3 : 1e-5), `${name}: ${String(error)}`);
      }
    } finally {
      folders.remove();
    }
  });

  it('leaves what is not proved to be a plain attention', () => {
    const others = {
      'a mask': withFirst('Softmax', (node) => {
        const w = new NodeWriter('mask', 18);
        const masked = w.op('Abs', [node.input[0]!]);
        return [...w.nodes, withFields(node, { input: [masked] })];
      }),
      'another axis': withFirst('Softmax', (node) => {
        const w = new NodeWriter('axis', 18);
        w.ops('Softmax', node.input, { axis: 2 }, node.output);
        return w.nodes;
      }),
      'another scale': withFirst('Mul', (node) => {
        const w = new NodeWriter('scale', 18);
        const twice = w.op('Sqrt', [node.input[1]!]);
        return [...w.nodes, withFields(node, { input: [node.input[0]!, twice] })];
      }),
      'a scale that only a run knows': withFirst('Mul', (node) => [
        withFields(node, { input: [node.input[0]!, 'timestep'] }),
      ]),
      'another order of axes': withFirst('Transpose', (node) => {
        const w = new NodeWriter('perm', 18);
        w.ops('Transpose', node.input, { perm: [0, 2, 3, 1] }, node.output);
        return w.nodes;
      }),
    };
    for (const [label, graph] of Object.entries(others)) {
      assert.equal(countOf(fuseAttention(graph), 'MultiHeadAttention'), attentionCount - 1, label);
    }
    const toy = readGraph(toyUnet());
    assert.equal(fuseAttention(toy), toy, 'no heads');
  });
});
