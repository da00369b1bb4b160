/**
 * `node scripts/benchJobs.mjs [--size 1280x5120x10] [--asks 200] [--previews 15]`: how long the engine takes to answer a
 * search over 20,480 generated features, to open a card and to make a preview: idle, while a training starts, and while it
 * trains; and a preview while a job collects pictures. The same engine in the same run, over the channel that the editor uses.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CollectedWriter } from '../src/engine/lens/collected/collectedWriter.ts';
import { collectKind } from '../src/protocol/collect.ts';
import { describeModel, generatePicture } from '../src/protocol/engine.ts';
import { listBlocks } from '../src/protocol/features.ts';
import { featureCard, searchFeatures } from '../src/protocol/indexSearch.ts';
import { cancelJob, listJobs, startJob } from '../src/protocol/jobs.ts';
import { trainKind } from '../src/protocol/training.ts';
import { embeddedModel, startEngineSession } from '../test/support/engineSession.ts';
import { writeGeneratedIndex } from '../test/support/generatedIndex.ts';
import { madeUpManifest } from '../test/support/madeUpSet.ts';
import { seededRandom } from '../test/support/soak.ts';
import { runProcess } from './runProcess.mjs';

const root = dirname(import.meta.dirname);
const { values: given } = parseArgs({
  options: {
    size: { type: 'string', default: '1280x5120x10' },
    asks: { type: 'string', default: '200' },
    previews: { type: 'string', default: '15' },
  },
});
const [dModel, nFeatures, k] = given.size.split('x').map(Number);
const askCount = Number(given.asks);
const previewCount = Number(given.previews);
const limitMs = 50;
const indexedFeatures = 5120;
const pictureCount = 136;
const cells = 256;

const code = await runProcess('node', ['esbuild.mjs'], { cwd: root });
if (code !== 0) process.exit(code);
const dir = mkdtempSync(join(tmpdir(), 'featurescope-bench-'));
const engine = startEngineSession({ storageDir: join(dir, 'storage') });
const random = seededRandom(3);
try {
  await bench();
} finally {
  await engine.stop();
  rmSync(dir, { recursive: true, force: true });
}

async function bench() {
  const modelDir = await indexedModel();
  const setDir = await madeUpSet();
  const { defaults } = await engine.request(describeModel, { modelDir });
  const ask = asker(modelDir, await engine.request(listBlocks, { modelDir }));
  const preview = (seed) =>
    engine.request(generatePicture, {
      ...{ ...defaults, modelDir, negativePrompt: '', provider: 'cpu', keep: false },
      ...{ seed, prompt: `${seed} red apples on grass` },
    });
  // The first ones load model, index and code.
  await times(3, preview);
  await asks(ask, 20);
  console.log(
    `${availableParallelism()} cores; training d ${dModel}, n ${nFeatures}, k ${k}, batches of 4,096; ` +
      `p50, p95 and largest in ms, each ${askCount} times`,
  );
  print('idle', await asks(ask, askCount), await times(previewCount, preview));

  const params = {
    ...{ setDir, dir: join(dir, 'training'), nFeatures: [nFeatures], k: [k] },
    ...{ batchSize: 4096, epochs: 500 },
  };
  const { jobId } = await engine.request(startJob, { kind: trainKind, params });
  // Until the first step: samples are read, the median is found, weights are drawn.
  const starting = { searchMs: [], cardMs: [] };
  for (let i = 0; (await phaseOf(jobId)) !== 'Training' && i < 4000; i++)
    await one(ask, starting, i);
  print('training starts', starting);
  print('training', await asks(ask, askCount), await times(previewCount, preview));
  const job = await jobOf(jobId);
  console.log(`  ${job.state}, ${job.progress?.doneCount} steps made meanwhile`);
  await engine.request(cancelJob, { jobId });

  const file = join(dir, 'prompts.txt');
  writeFileSync(file, Array.from({ length: 5000 }, (_, i) => `${i} dogs on grass`).join('\n'));
  const collect = { modelDir, provider: 'cpu', dir: join(dir, 'set'), prompts: { file } };
  const collecting = await engine.request(startJob, { kind: collectKind, params: collect });
  while ((await phaseOf(collecting.jobId)) !== 'Collecting') await wait(50);
  const collected = await asks(ask, askCount);
  print('collecting', collected, await times(previewCount, preview));
  await engine.request(cancelJob, collecting);
  const [load = 0] = loadavg();
  if (load > availableParallelism() * 2) {
    console.log(`The machine is busy with other things (load ${load.toFixed(1)}): measure again.`);
  }
}

async function jobOf(jobId) {
  const { jobs } = await engine.request(listJobs, null);
  return jobs.find((job) => job.jobId === jobId);
}

async function phaseOf(jobId) {
  const { state, progress, error } = await jobOf(jobId);
  if (error || !['queued', 'running'].includes(state)) {
    throw new Error(`The job is ${state}: ${error?.message ?? ''}`);
  }
  return progress?.phase;
}

/** The embedded model beside generated indexes of 5,120 features a block: names and sizes as SDXL has them. */
async function indexedModel() {
  const modelDir = join(dir, 'model');
  const isWanted = (path) => path !== join(embeddedModel, 'index');
  cpSync(embeddedModel, modelDir, { recursive: true, filter: isWanted });
  for (const [i, block] of readdirSync(join(modelDir, 'saes')).entries()) {
    const manifest = JSON.parse(readFileSync(join(modelDir, 'saes', block, 'sae.json'), 'utf8'));
    const path = manifest.blockPath.replace(/^unet\./, '');
    const { sha256: saeSha256 } = manifest.weights;
    const facts = { block, path, saeSha256, nFeatures: indexedFeatures };
    mkdirSync(join(modelDir, 'index'), { recursive: true });
    writeGeneratedIndex(join(modelDir, 'index', `${block}.db`), facts, i);
  }
  return modelDir;
}

/** Updates that no model made: as many and as long as SDXL's of 136 pictures at 512 px. */
async function madeUpSet() {
  const setDir = join(dir, 'made-up');
  const [block] = madeUpManifest.blocks;
  const writer = await CollectedWriter.open(setDir, {
    ...madeUpManifest,
    blocks: [{ ...block, dModel, cellsHigh: 16, cellsWide: 16 }],
    ...{ pictureCount, batchSize: 8 },
  });
  const rgb = new Uint8Array(16 * 16 * 3);
  for (let seed = 0; seed < pictureCount; seed++) {
    const update = Float32Array.from({ length: cells * dModel }, () => random() - 0.5);
    const picture = { width: 16, height: 16, rgb };
    await writer.add({ prompt: `picture ${seed}`, seed, picture, updates: [[update]] });
  }
  writer.close();
  return setDir;
}

function asker(modelDir, blocks) {
  const texts = ['ka', 'lo', 'sun', 'ter', 'mi ba', '12', 'vi', 'kalo', ''];
  return {
    search: (i) =>
      engine.request(searchFeatures, {
        ...{ modelDir, text: texts[i % texts.length], hideDead: i % 2 === 0 },
        ...{ offset: i % 3 === 0 ? 200 : 0, limit: 100 },
      }),
    card: (i) => {
      const { block } = blocks.filter(({ sae }) => sae)[i % 4];
      const feature = { block, id: Math.floor(random() * indexedFeatures) };
      return engine.request(featureCard, { modelDir, feature });
    },
  };
}

async function timed(work) {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

async function one(ask, { searchMs, cardMs }, i) {
  searchMs.push(await timed(() => ask.search(i)));
  cardMs.push(await timed(() => ask.card(i)));
  // As a person types; without it the answers would only be measured while the job waits.
  await wait(20 + 20 * random());
}

async function asks(ask, count) {
  const found = { searchMs: [], cardMs: [] };
  for (let i = 0; i < count; i++) await one(ask, found, i);
  return found;
}

async function times(count, preview) {
  const found = [];
  for (let i = 0; i < count; i++) found.push(await timed(() => preview(i)));
  return found;
}

function print(title, { searchMs, cardMs }, previewMs) {
  const figures = (list) => {
    const sorted = list.toSorted((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    return [at(0.5), at(0.95), at(1)].map((ms) => ms.toFixed(1).padStart(7)).join('');
  };
  const p95 = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length * 0.95)];
  const isLate = [searchMs, cardMs].some((list) => p95(list) > limitMs);
  if (isLate) process.exitCode = 1;
  const previews = previewMs ? `   preview${figures(previewMs)}` : '';
  const note = isLate ? `   above the goal of ${limitMs} ms` : '';
  console.log(
    `${title.padEnd(16)} search${figures(searchMs)}   card${figures(cardMs)}${previews}${note}`,
  );
}
