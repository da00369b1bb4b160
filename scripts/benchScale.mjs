/**
 * `node scripts/benchScale.mjs --model DIR [--saes DIR/saes] [--parts graph,pictures,splice,stages,unet] [--memory GB]
 * [--size 512] [--guidance 0] [--rounds 2] [--block mid.0]`: what Featurescope does with a model of SDXL's size, made by makeSdxl.py and
 * randomSaes.mjs. Prints Markdown.
 *
 * graph: reading, finding stages, splicing and cutting. pictures: load, generate, read, ablate, a board of eight.
 * splice: a step as a chain with codes over a step of the U-net's own file; both do not fit into memory together, so
 * they are loaded in turns, and processor time counts. stages: each studied block by itself, in full, beside torch on
 * the same weights (FEATURESCOPE_PYTHON); it needs 3 GB. unet: a whole step beside torch in float32. The other parts
 * need the model's memory free: see `featurescope model inspect`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { makeEdited } from '../src/engine/lens/intervene/makeEdited.ts';
import { readModelFolder } from '../src/engine/models/modelFolder.ts';
import { findInstalledSaes, saeSpecOf } from '../src/engine/models/sae/installedSaes.ts';
import { writeSafetensors } from '../src/engine/models/safetensorsWriter.ts';
import { cutIntoSegments } from '../src/engine/onnx/cutIntoSegments.ts';
import { moveExternalData } from '../src/engine/onnx/externalData.ts';
import { findStages } from '../src/engine/onnx/findStages.ts';
import { readGraph } from '../src/engine/onnx/readGraph.ts';
import { spliceTaps } from '../src/engine/onnx/spliceTaps.ts';
import { portName } from '../src/engine/onnx/tapPorts.ts';
import { createOrt } from '../src/engine/ort/ortClient.ts';
import { toTensor } from '../src/engine/pipeline/feeds.ts';
import { createPipeline } from '../src/engine/pipeline/generate.ts';
import { ModelSessions } from '../src/engine/pipeline/modelSessions.ts';
import { placeWeights } from '../src/engine/pipeline/placeWeights.ts';
import { Preparer } from '../src/engine/pipeline/preparer.ts';
import { activities, ranked } from '../src/numerics/codes.ts';
import { TorchGenerator } from '../src/numerics/random.ts';
import { watchProcess } from './processUsage.mjs';
import { runProcess } from './runProcess.mjs';
import { stageAlone } from './stageAlone.mjs';

const root = dirname(import.meta.dirname);
const spliceGoal = 1.08;
const boardSize = 8;
/** Steps of a kind while a form is loaded. */
const turnCount = 4;
const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    saes: { type: 'string' },
    parts: { type: 'string', default: 'graph,pictures,splice,stages,unet' },
    memory: { type: 'string', default: '0' },
    size: { type: 'string', default: '512' },
    guidance: { type: 'string', default: '0' },
    block: { type: 'string' },
    rounds: { type: 'string', default: '2' },
    threads: { type: 'string', default: '0' },
  },
});
if (!values.model) throw new Error('--model DIR is missing: a folder made by makeSdxl.py.');

const code = await runProcess('node', ['esbuild.mjs'], { cwd: root });
if (code !== 0) process.exit(code);

let runnerPid;
const ort = createOrt({
  runnerPath: join(root, 'dist', 'runner.cjs'),
  onLog: ({ text }) => {
    runnerPid = /^started, pid (\d+)$/.exec(text)?.[1] ?? runnerPid;
  },
});
const usage = watchProcess(() => runnerPid);
const folder = await readModelFolder(values.model);
const saes = await findInstalledSaes(values.saes ?? join(folder.dir, 'saes'));
const options = { provider: 'cpu', threadCount: Number(values.threads), saes };
const isFrugal = Number(values.memory) > 0;
const request = {
  ...{ prompt: 'a red apple on grass', negativePrompt: '', seed: 1, steps: 1 },
  guidanceScale: Number(values.guidance),
  scheduler: folder.description.defaults.scheduler,
  ...{ width: Number(values.size), height: Number(values.size) },
};
const work = mkdtempSync(join(tmpdir(), 'featurescope-scale-'));
const capture = join(work, 'run.safetensors');
const parts = { graph, pictures, splice, stages, unet };
try {
  row('what', 'figure');
  row('---', '---');
  row('machine', `${availableParallelism()} cores, ${gigabytes(totalmem())} of memory`);
  row(
    'U-net',
    `${gigabytes(sizeOf('unet'))}, ${saes.length} SAEs of ${saes[0]?.manifest.nFeatures} features`,
  );
  row(
    'picture',
    `${values.size} px, guidance ${values.guidance}, memory setting ${isFrugal ? `${values.memory} GB` : 'none'}`,
  );
  for (const name of values.parts.split(',')) await parts[name]();
  row('load of the machine at the end', loadavg()[0].toFixed(1));
} finally {
  usage.stop();
  await ort.stop();
  rmSync(work, { recursive: true });
}

/** Processor time of this process, the least of three. */
function graph() {
  const bytes = readFileSync(folder.unet.graph.path);
  const best = {};
  const time = (label, work) => {
    const before = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(before);
    best[label] = Math.min(best[label] ?? Infinity, (user + system) / 1000);
    return result;
  };
  let nodeCount = 0;
  for (let round = 0; round < 3; round++) {
    const read = time('read', () => readGraph(bytes));
    nodeCount = read.nodes.length;
    const { stages } = time('find', () => findStages(read));
    const taps = stages.map((stage) => {
      const sae = saes.find(({ stagePath }) => stagePath === stage.path);
      return sae ? { stage, sae: saeSpecOf(sae.manifest, 'sae.safetensors') } : { stage };
    });
    const spliced = time('splice', () => spliceTaps(read, taps));
    time('cut', () => cutIntoSegments(spliced.graph, spliced.cuts));
  }
  const all = Object.values(best).reduce((sum, ms) => sum + ms, 0);
  const each = Object.entries(best).map(([label, ms]) => `${label} ${ms.toFixed(0)}`);
  row('instrument the graph', `${nodeCount} nodes in ${all.toFixed(0)} ms (${each.join(', ')})`);
}

async function pictures() {
  const memoryBytesMax = Number(values.memory) * 1e9;
  const pipeline = createPipeline(folder, ort, { ...options, memoryBytesMax });
  const first = await timed(() => pipeline.generate(request));
  const { loading, encodingText } = first.result.timingsMs;
  row(
    'load and first picture',
    `load ${seconds(loading)}, text ${seconds(encodingText)}; processor ${first.processorSeconds.toFixed(1)} s`,
  );
  rowMemory('memory of the runner, loading');
  const other = await timed(() => pipeline.generate({ ...request, seed: 2 }));
  const { denoising, decoding, total } = other.result.timingsMs;
  row(
    'picture, loaded',
    `${seconds(total)}: step ${seconds(denoising)}, decode ${seconds(decoding)}; processor ${other.processorSeconds.toFixed(1)} s`,
  );
  const { readings } = other.result;
  const tops = readings.map((reading) => ({
    block: reading.block,
    id: ranked(activities({ ...reading, ...reading.steps[0] }), 'mean')[0].id,
  }));
  row('strongest features', tops.map(({ block, id }) => `${block}/${id}`).join(', '));
  const recipes = Array.from({ length: boardSize - 1 }, (_, index) => {
    const { block, id } = tops[index % tops.length];
    const sources = [{ feature: id }];
    return {
      version: 1,
      edits: [{ kind: 'scale', block, sources, factor: -index, maps: 'static' }],
    };
  });
  const departures = tops.map(({ block }) => ({ stepIndex: 0, blocks: [block] }));
  const own = { ...request, seed: 3 };
  const board = [await timed(() => pipeline.editing.base(own, { departures }))];
  for (const recipe of recipes) board.push(await timed(() => makeEdited(pipeline, own, recipe)));
  const [base, ...edited] = board;
  edited.slice(0, tops.length).forEach(({ result, ms, processorSeconds: cpu }, index) => {
    const { reuse, picture } = result.edited;
    const change = meanDifference(picture.rgb, base.result.picture.rgb).toFixed(2);
    const words = `${seconds(ms)}, processor ${cpu.toFixed(1)} s, starts at segment ${reuse.segments} of ${reuse.segmentCount}, ${change} of 255`;
    row(`ablate at ${tops[index].block}`, words);
  });
  const boardMs = board.reduce((sum, { ms }) => sum + ms, 0);
  row(
    `board of ${boardSize}`,
    `${seconds(boardMs)}; without sharing ${seconds(boardSize * base.ms)}`,
  );
  rowMemory('memory of the runner, pictures');
  await pipeline.release();
  await ort.stop();
}

/** Seconds of a step and of its processor time, least of each form. */
async function splice() {
  const least = {
    plain: [Infinity, Infinity],
    chain: [Infinity, Infinity],
    shut: [Infinity, Infinity],
  };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const unet of ['plain', 'chain']) {
      await withUnet(unet, async (predict) => {
        await predict({});
        for (let turn = 0; turn < turnCount; turn++) {
          take(least[unet], await timed(() => predict({})));
          const watch = { updates: [], outputs: [], readCodes: false };
          if (unet === 'chain') take(least.shut, await timed(() => predict({ watch })));
        }
      });
    }
  }
  const [plainMs, plainProcessor] = least.plain;
  for (const [name, label] of [
    ['plain', 'a step, the file as it is'],
    ['shut', 'a step, cut and tapped, codes not read'],
    ['chain', 'a step, cut and tapped, codes read'],
  ]) {
    const [ms, used] = least[name];
    const ratio = `${(used / plainProcessor).toFixed(3)}x of its processor time, ${(ms / plainMs).toFixed(3)}x of its time`;
    row(
      label,
      `${seconds(ms)}, processor ${used.toFixed(1)} s${name === 'plain' ? '' : `; ${ratio}`}`,
    );
  }
  const cost = least.chain[1] / plainProcessor;
  row('splice cost', `${cost.toFixed(3)}x (goal: ${spliceGoal}x)`);
  if (cost > spliceGoal) process.exitCode = 1;
}

/** Each stage by itself, on the same hidden states in torch: its part of the graph is loaded, nothing else. */
async function stages() {
  const read = readGraph(readFileSync(folder.unet.graph.path));
  const folders = saes.map((sae) => sae.folder);
  const place = placeWeights(dirname(folder.unet.graph.path), folders);
  const whole = moveExternalData(read, place.unetFolder);
  const size = 1280 * 16 * 16;
  for (const stage of findStages(whole).stages) {
    const index = saes.findIndex(({ stagePath }) => stagePath === stage.path);
    if (index < 0 || (values.block && values.block !== stage.name)) continue;
    const { manifest } = saes[index];
    const sae = saeSpecOf(manifest, `${place.saeFolders[index]}/${manifest.weights.name}`);
    const alone = stageAlone(whole, stage, sae);
    const graph = { bytes: alone.bytes, externalDataDir: place.externalDataDir };
    const { defaults } = alone;
    const session = await ort.createSession({ graph, provider: 'cpu', threadCount: 0, defaults });
    const info = (wanted) => session.inputs.find(({ name }) => name === wanted);
    const given = [stage.input, 'encoder_hidden_states'];
    const others = session.inputs.filter((i) => !i.isOptional && !given.includes(i.name));
    if (others.length > 0) {
      const list = others.map(({ name }) => name).join(', ');
      throw new Error(
        `${stage.name} takes ${list} from before it, as the newer exporter has it: use the part unet.`,
      );
    }
    const hidden = new TorchGenerator(1).randn(size).map((value) => 2 * value);
    const context = new TorchGenerator(2).randn(77 * 2048);
    const feeds = {
      [stage.input]: toTensor(info(stage.input), [1, 1280, 16, 16], hidden),
      encoder_hidden_states: toTensor(info('encoder_hidden_states'), [1, 77, 2048], context),
    };
    const ports = ['update', 'values', 'ids'].map((port) => portName(stage.name, port));
    const { outputs } = await session.run(
      feeds,
      Object.fromEntries(ports.map((name) => [name, 'value'])),
    );
    const [update, codes, ids] = ports.map((name) => outputs[name]);
    const tensors = [
      tensor('hidden', [1, 1280, 16, 16], hidden),
      tensor('context', [1, 77, 2048], context),
      tensor('update', update.dims.slice(1), update.data),
      tensor('values', codes.dims.slice(1), codes.data),
      tensor('ids', ids.dims.slice(1), ids.data, 'I32'),
    ];
    const isHalf = info(stage.input).dtype === 'float16';
    const facts = JSON.stringify({
      isHalf,
      path: stage.path,
      block: stage.name,
      sae: saes[index].folder,
    });
    writeFileSync(capture, writeSafetensors(tensors, { facts }).bytes);
    await session.release();
    await ort.stop();
    for await (const found of runPython('stage')) printTorch(found);
  }
}

/** A whole step of ours, and the same in torch. */
async function unet() {
  await withUnet('chain', async (predict, { latents, conditioning, timestep, isHalf }) => {
    const { prediction } = await predict({});
    const { rowCount, positionCount, width, hiddenStates, pooled, timeIds } = conditioning;
    const { shape, values: sample } = latents;
    const size = [shape.channels, shape.height, shape.width];
    const tensors = [
      tensor('sample', [1, ...size], sample),
      tensor('timestep', [1], Float32Array.of(timestep)),
      tensor('encoder_hidden_states', [rowCount, positionCount, width], hiddenStates),
      tensor('text_embeds', [rowCount, pooled.length / rowCount], pooled),
      tensor('time_ids', [rowCount, 6], timeIds),
      tensor('prediction', [rowCount, ...size], prediction),
    ];
    writeFileSync(capture, writeSafetensors(tensors, { facts: JSON.stringify({ isHalf }) }).bytes);
  });
  for await (const found of runPython('unet')) printTorch(found);
}

function printTorch(found) {
  const percent = (value) => value.toExponential(1);
  if ('block' in found) {
    const { block, updateError, limit, codeError, missedBy, equalCells, isRight } = found;
    row(
      `${block} beside torch`,
      `ΔD within ${percent(updateError)} of its largest (limit ${percent(limit)}); codes within ${percent(codeError)}, ` +
        `the same features in ${(100 * equalCells).toFixed(1)} % of cells, else chosen by ${percent(missedBy)} too little`,
    );
    if (!isRight) process.exitCode = 1;
    return;
  }
  const { seconds: wall, processorSeconds, predictionError, torch: version } = found;
  row(
    'a step in torch, float32',
    `${wall.toFixed(1)} s, processor ${processorSeconds.toFixed(1)} s (torch ${version})`,
  );
  row('prediction beside torch', `within ${percent(predictionError)} of its largest`);
}

/** One step of the U-net in a form, loaded for it alone; text encoders are unloaded before. */
async function withUnet(unet, use) {
  const sessions = new ModelSessions(ort, folder, { ...options, unet });
  const preparer = new Preparer(folder, ort, sessions, true);
  const prepared = await preparer.prepare(request, {});
  const { shape, schedule, conditioning, meter } = prepared;
  const size = shape.channels * shape.height * shape.width;
  const noise = new TorchGenerator(1).randn(size).map((value) => value * schedule.initNoiseSigma);
  const sample = schedule.scaleModelInput(noise, 0);
  const [timestep] = schedule.timesteps;
  const info = prepared.unet.sessions[0].inputs.find(({ name }) => name === 'sample');
  const predict = (own) =>
    prepared.unet.predict({ sample, shape, timestep, conditioning }, meter, own);
  const latents = { shape, values: sample };
  await use(predict, { latents, conditioning, timestep, isHalf: info.dtype === 'float16' });
  await ort.stop();
}

async function* runPython(what) {
  const python = process.env.FEATURESCOPE_PYTHON ?? 'python3';
  const script = join(import.meta.dirname, 'benchScale.py');
  const child = spawn(python, [script, folder.dir, capture, what], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) yield JSON.parse(line);
}

async function timed(work) {
  const before = usage.cpuSeconds();
  const startedAt = performance.now();
  const result = await work();
  return {
    result,
    ms: performance.now() - startedAt,
    processorSeconds: usage.cpuSeconds() - before,
  };
}

function take(least, { ms, processorSeconds }) {
  least[0] = Math.min(least[0], ms);
  least[1] = Math.min(least[1], processorSeconds);
}

function rowMemory(label) {
  const { ownBytes, mappedBytes } = usage.takePeak();
  row(
    label,
    `at most ${gigabytes(ownBytes)} of its own, ${gigabytes(mappedBytes)} of mapped files`,
  );
}

function meanDifference(left, right) {
  return left.reduce((sum, value, index) => sum + Math.abs(value - right[index]), 0) / left.length;
}

function tensor(name, shape, data, dtype = 'F32') {
  return {
    name,
    dtype,
    shape,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function sizeOf(part) {
  const files = folder.files.filter(({ name }) => name.startsWith(`${part}/`));
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function row(...cells) {
  console.log(`| ${cells.join(' | ')} |`);
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
