import { create } from '@bufbuild/protobuf';
import type { TensorRef } from '../../protocol/tensors.ts';
import type { ProbeGraph } from '../ort/probeProviders.ts';
import { declareValue } from './declareValue.ts';
import { ModelProtoSchema } from './generated/onnx_pb.js';
import { indexGraph } from './graph.ts';
import { NodeWriter } from './nodeWriter.ts';
import type { SaeSpec } from './saeSpec.ts';
import { spliceTaps } from './spliceTaps.ts';
import { tapFeeds } from './tapFeeds.ts';
import { writeGraph } from './writeGraph.ts';

const width = 4;
const side = 2;
const cells = side * side;
const nFeatures = 2 * width;
const k = 2;
const opset = 17;
/** ONNX IR version that goes with opset 17. */
const irVersion = 8n;
const dims = [1, width, side, side];

/** Feature f reads one channel, as it is or negated, and writes f + 1 into the next. */
const readOf = (f: number, channel: number): number =>
  f % width === channel ? (f < width ? 1 : -1) : 0;
const writeOf = (f: number, channel: number): number => ((f + 1) % width === channel ? f + 1 : 0);

/** What is done at the tap: every code is added once more, and one feature by a map. */
const edited = 3;
const map = Float32Array.of(0, 1, 2, 1);
const edit = {
  keep: 2,
  gain: new Float32Array(nFeatures).fill(1),
  list: [{ source: { feature: edited }, map, constant: 2, byCode: 1 }],
};

/**
 * A tiny stage `y = x + u` with a tap spliced in as every U-net has them, SAE and edits included, and its answer: in each
 * cell
 * ```
 * y = x + 2 u + Σ_f s_f W_f + map · (2 + s_3) W_3,   s = ReLU(TopK_2(W_enc u))
 * ```
 * Values are small integers, so every provider has to be exact in float32.
 */
export function probeGraph(): ProbeGraph {
  const writer = new NodeWriter('probe', opset);
  writer.ops('Add', ['x', 'u'], {}, ['y']);
  const value = (name: string) => ({ name, dtype: 'float32', dims }) as const;
  const model = create(ModelProtoSchema, {
    irVersion,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: {
      ...writer.asGraph([value('y')]),
      name: 'probe',
      input: ['x', 'u'].map((name) => declareValue(value(name))),
    },
  });
  const stage = { kind: 'attention', path: 'probe', name: 'probe', input: 'x', output: 'y', width } as const; // prettier-ignore
  const { graph, taps } = spliceTaps(indexGraph(model), [{ stage, sae: tinySae() }]);
  const x = Float32Array.from({ length: width * cells }, (_, i) => (i * i * 7) % 23);
  // No two channels of a cell are equal in size, so the choice of codes has no ties.
  const u = x.map((_, i) => (((i * 5) % 17) + 1) * (i % 3 === 0 ? -1 : 1));
  const tensor = (data: Float32Array): TensorRef => ({ dtype: 'float32', dims, data });
  const shape = { rows: 1, cells, readCodes: true };
  return {
    bytes: writeGraph(graph),
    feeds: Object.assign({ x: tensor(x), u: tensor(u) }, ...taps.map((tap) => tapFeeds(tap, edit, shape))) as ProbeGraph['feeds'], // prettier-ignore
    outputName: 'y',
    expected: answer(x, u),
    tolerance: 0,
  };
}

function tinySae(): SaeSpec {
  const encoder = Float32Array.from({ length: width * nFeatures }, (_, i) =>
    readOf(i % nFeatures, Math.floor(i / nFeatures)),
  );
  const decoder = Float32Array.from({ length: nFeatures * width }, (_, i) =>
    writeOf(Math.floor(i / width), i % width),
  );
  const sizeBytes = encoder.byteLength;
  const place = (offset: number) => ({ dtype: 'float32', offset, sizeBytes }) as const;
  const bytes = new Uint8Array(2 * sizeBytes);
  bytes.set(new Uint8Array(encoder.buffer));
  bytes.set(new Uint8Array(decoder.buffer), sizeBytes);
  return {
    ...{ dModel: width, nFeatures, target: 'update', activation: { kind: 'topk', k } },
    ...{ normalisation: { kind: 'none' }, subtractsDecoderBias: false },
    weights: { file: 'probe', bytes, encoder: place(0), decoder: place(sizeBytes) },
  };
}

function answer(x: Float32Array, u: Float32Array): Float32Array {
  const y = new Float32Array(width * cells);
  const features = Array.from({ length: nFeatures }, (_, f) => f);
  const channels = features.slice(0, width);
  for (let cell = 0; cell < cells; cell++) {
    const at = (channel: number): number => channel * cells + cell;
    const codes = features.map((f) =>
      channels.reduce((sum, channel) => sum + readOf(f, channel) * u[at(channel)]!, 0),
    );
    const top = [...features].sort((a, b) => codes[b]! - codes[a]!).slice(0, k);
    const s = features.map((f) => (top.includes(f) ? Math.max(0, codes[f]!) : 0));
    for (const channel of channels) {
      const added = features.reduce((sum, f) => sum + s[f]! * writeOf(f, channel), 0);
      const own = map[cell]! * (2 + s[edited]!) * writeOf(edited, channel);
      y[at(channel)] = x[at(channel)]! + edit.keep * u[at(channel)]! + added + own;
    }
  }
  return y;
}
