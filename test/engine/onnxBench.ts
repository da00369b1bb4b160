/**
 * `node test/engine/onnxBench.ts [rounds]`: what taps cost. Prints each way of running over the plain U-net of the
 * embedded model (four taps, n = 512, k = 10), attentions fused in all of them but the first, and the tap of an SDXL-sized stage (d = 1280, n = 5120, 16 x 16
 * cells) over one of the stage's ten transformer blocks.
 *
 * Figures are processor time with one thread, medians of interleaved rounds: other load on the machine hardly counts.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cutIntoSegments } from '../../src/engine/onnx/cutIntoSegments.ts';
import { moveExternalData } from '../../src/engine/onnx/externalData.ts';
import { findStages } from '../../src/engine/onnx/findStages.ts';
import { fuseAttention } from '../../src/engine/onnx/fuseAttention.ts';
import { readGraph } from '../../src/engine/onnx/readGraph.ts';
import type { SaeSpec } from '../../src/engine/onnx/saeSpec.ts';
import { type SplicedTap, spliceTaps } from '../../src/engine/onnx/spliceTaps.ts';
import type { TapEdit } from '../../src/engine/onnx/tapEdit.ts';
import { tapFeeds } from '../../src/engine/onnx/tapFeeds.ts';
import { writeGraph } from '../../src/engine/onnx/writeGraph.ts';
import type { TensorValue } from '../../src/protocol/tensors.ts';
import { openDirect } from '../support/ortDirect.ts';
import { temporaryFolder, writeSaeFile } from '../support/saeFile.ts';
import { noise } from '../support/toyUnet.ts';
import { sdxlBlock } from '../support/sdxlBlock.ts';

type Values = Record<string, TensorValue>;

const rounds = Number(process.argv[2] ?? 15);
const folder = temporaryFolder();

function makeSae(name: string, dModel: number, nFeatures: number): SaeSpec {
  const scale = 1 / Math.sqrt(dModel);
  const weights = {
    encoder: noise(dModel * nFeatures, 1, scale),
    decoder: noise(nFeatures * dModel, 2, scale),
    encoderBias: noise(nFeatures, 3, 0.1),
    decoderBias: noise(dModel, 4, 0.1),
    threshold: undefined,
  };
  return {
    ...{ dModel, nFeatures, target: 'update', subtractsDecoderBias: true },
    activation: { kind: 'topk', k: 10 },
    normalisation: { kind: 'none' },
    weights: writeSaeFile(folder.dir, `${name}.bin`, weights),
  };
}

const float32 = (dims: readonly number[], seed: number, scale = 1): TensorValue => ({
  dtype: 'float32',
  dims,
  data: noise(
    dims.reduce((a, b) => a * b, 1),
    seed,
    scale,
  ),
});

/** Median processor milliseconds of each way, the ways taken in turns. */
async function measure(ways: Record<string, () => Promise<unknown>>): Promise<Map<string, number>> {
  const times = new Map<string, number[]>(Object.keys(ways).map((label) => [label, []]));
  for (let round = -2; round < rounds; round++) {
    for (const [label, way] of Object.entries(ways)) {
      const before = process.cpuUsage();
      await way();
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times.get(label)?.push((user + system) / 1000);
    }
  }
  return new Map(
    [...times].map(([label, all]) => [label, all.sort((a, b) => a - b)[all.length >> 1]!]),
  );
}

function print(times: ReadonlyMap<string, number>, base: string): void {
  for (const [label, ms] of times) {
    const ratio = (ms / (times.get(base) ?? ms)).toFixed(3);
    process.stdout.write(`  ${label.padEnd(37)} ${ms.toFixed(1).padStart(8)} ms   ${ratio}\n`);
  }
}

async function benchMini(): Promise<void> {
  const source = join(import.meta.dirname, '..', '..', 'models', 'mini', 'unet');
  mkdirSync(join(folder.dir, 'unet'));
  copyFileSync(join(source, 'model.onnx_data'), join(folder.dir, 'unet', 'model.onnx_data'));
  const file = moveExternalData(readGraph(readFileSync(join(source, 'model.onnx'))), 'unet');
  const graph = fuseAttention(file);
  const names = ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'];
  const stages = findStages(graph).stages.filter(({ name }) => names.includes(name));
  const taps = stages.map((stage) => ({ stage, sae: makeSae(stage.name, stage.width!, 512) }));
  const spliced = spliceTaps(graph, taps);
  const asItIs = await openDirect(writeGraph(file), folder.dir);
  const plain = await openDirect(writeGraph(graph), folder.dir);
  const whole = await openDirect(writeGraph(spliced.graph), folder.dir);
  const openAll = async (parts: ReturnType<typeof cutIntoSegments>) =>
    Promise.all(
      parts.map(async ({ bytes, inputs }) => ({
        inputs,
        session: await openDirect(bytes, folder.dir),
      })),
    );
  const cutOnly = await openAll(
    cutIntoSegments(
      graph,
      stages.map(({ name, output }) => ({ name, value: output })),
    ),
  );
  const segments = await openAll(cutIntoSegments(spliced.graph, spliced.cuts));
  const everywhere = spliceTaps(
    graph,
    findStages(graph).stages.map(
      (stage) => taps.find((tap) => tap.stage.name === stage.name) ?? { stage },
    ),
  );
  const finest = await openAll(cutIntoSegments(everywhere.graph, everywhere.cuts));
  const base: Values = {
    sample: float32([1, 4, 32, 32], 1, 2),
    timestep: { dtype: 'float32', dims: [], data: Float32Array.of(999) },
    encoder_hidden_states: float32([1, 32, 128], 2),
    text_embeds: float32([1, 64], 3),
    time_ids: float32([1, 6], 4, 128),
  };
  const feeds = (edit: TapEdit | undefined, readCodes: boolean, { taps: all } = spliced): Values =>
    Object.assign(
      { ...base },
      ...all.map((tap: SplicedTap) => tapFeeds(tap, edit, { rows: 1, cells: 64, readCodes })),
    ) as Values;
  const chain = async (parts: typeof segments, from: Values): Promise<void> => {
    const known = { ...from };
    for (const { inputs, session } of parts) {
      const part = Object.fromEntries(inputs.map(({ name }) => [name, known[name]!]));
      Object.assign(known, await session.run(part));
    }
  };
  const [off, codes] = [feeds(undefined, false), feeds(undefined, true)];
  const finestCodes = feeds(undefined, true, everywhere);
  const edited = feeds({ list: [{ source: { feature: 5 }, map: 1, byCode: -1 }] }, true);
  process.stdout.write('Embedded model, one row, four taps:\n');
  const times = await measure({
    'the file as it is': () => asItIs.run(base),
    plain: () => plain.run(base),
    'whole, gates shut': () => whole.run(off),
    'whole, codes read': () => whole.run(codes),
    'whole, codes read, all four edited': () => whole.run(edited),
    'chain without taps': () => chain(cutOnly, base),
    'chain, gates shut': () => chain(segments, off),
    'chain, codes read': () => chain(segments, codes),
    'chain cut at every stage, codes read': () => chain(finest, finestCodes),
    'chain, codes read, all four edited': () => chain(segments, edited),
  });
  print(times, 'the file as it is');
}

async function benchSdxlStage(): Promise<void> {
  const [width, size] = [1280, 16];
  const graph = sdxlBlock(width);
  const stage = findStages(graph).stages[0]!;
  const sae = makeSae('sdxl', width, 5120);
  const spliced = spliceTaps(graph, [{ stage, sae }]);
  const plain = await openDirect(writeGraph(graph), folder.dir);
  const whole = await openDirect(writeGraph(spliced.graph), folder.dir);
  const base: Values = {
    sample: float32([1, width, size, size], 1),
    encoder_hidden_states: float32([1, 77, 2048], 2),
  };
  const feeds = (edit: TapEdit | undefined, readCodes: boolean): Values => ({
    ...base,
    ...(tapFeeds(spliced.taps[0]!, edit, { rows: 1, cells: size * size, readCodes }) as Values),
  });
  const [off, codes] = [feeds(undefined, false), feeds(undefined, true)];
  const edited = feeds({ list: [{ source: { feature: 5 }, map: 1, byCode: -1 }] }, true);
  process.stdout.write('One transformer block of an SDXL stage (a stage has ten):\n');
  const times = await measure({
    plain: () => plain.run(base),
    'gates shut': () => whole.run(off),
    'codes read': () => whole.run(codes),
    'codes read and edited': () => whole.run(edited),
  });
  print(times, 'plain');
  const [block, read] = [times.get('plain')!, times.get('codes read')!];
  const stageRatio = (1 + (read - block) / (10 * block)).toFixed(3);
  process.stdout.write(`  over a stage of ten blocks, codes read: ${stageRatio}\n`);
}

try {
  await benchMini();
  await benchSdxlStage();
} finally {
  folder.remove();
}
