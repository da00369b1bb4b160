import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fuseAttention } from '../../src/engine/onnx/fuseAttention.ts';
import type { NodeProto } from '../../src/engine/onnx/generated/onnx_pb.js';
import { changeGraph, type OnnxGraph, withFields } from '../../src/engine/onnx/graph.ts';
import { NodeWriter } from '../../src/engine/onnx/nodeWriter.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
import type { TensorValue } from '../../src/protocol/tensors.ts';
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
        const [expected, actual] = [a?.['out_sample']?.data, b?.['out_sample']?.data];
        assert.ok(expected instanceof Float32Array && actual instanceof Float32Array);
        const largest = expected.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
        const error = expected.reduce((max, x, i) => Math.max(max, Math.abs(x - actual[i]!)), 0);
        // Another order of the same float32 sums; measured 2.6e-6.
        assert.ok(
          error <= 1e-5 * largest,
          `${String(rows)} x ${String(size)}: ${String(error / largest)}`,
        );
      }
    } finally {
      for (const session of sessions) await session.release();
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
