/**
 * `node scripts/benchBoard.mjs [--rounds 3] [--steps 1] [--model DIR]`: what a board of 16 pictures gains from sharing.
 * For each block with an SAE: the limit by operations (multiply-adds of the U-net's Conv, Gemm and MatMul nodes before
 * the first edit are shared), and what was measured: ONNX Runtime's time of 16 full runs over that of one board of 16
 * (the unedited picture and 15 variants). Runs are taken in turns; the least of each kind counts, since other load on
 * the machine only adds.
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeEdited } from '../src/engine/lens/intervene/makeEdited.ts';
import { readModelFolder } from '../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../src/engine/models/sae/installedSaes.ts';
import { cutIntoSegments } from '../src/engine/onnx/cutIntoSegments.ts';
import { declareValue } from '../src/engine/onnx/declareValue.ts';
import { findStages } from '../src/engine/onnx/findStages.ts';
import { changeGraph } from '../src/engine/onnx/graph.ts';
import { inferTypes } from '../src/engine/onnx/inferTypes.ts';
import { readGraph } from '../src/engine/onnx/readGraph.ts';
import { spliceTaps } from '../src/engine/onnx/spliceTaps.ts';
import { writeGraph } from '../src/engine/onnx/writeGraph.ts';
import { createOrt } from '../src/engine/ort/ortClient.ts';
import { createPipeline } from '../src/engine/pipeline/generate.ts';
import { openDirect } from '../test/support/ortDirect.ts';
import { runProcess } from './runProcess.mjs';

const root = dirname(import.meta.dirname);
const boardSize = 16;
const goal = 0.85;
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '1' },
    model: { type: 'string', default: join(root, 'models', 'mini') },
  },
});

const code = await runProcess('node', ['esbuild.mjs'], { cwd: root });
if (code !== 0) process.exit(code);
const ort = createOrt({ runnerPath: join(root, 'dist', 'runner.cjs') });
try {
  await bench();
} finally {
  await ort.stop();
}

async function bench() {
  const folder = await readModelFolder(values.model);
  const saes = await findInstalledSaes(join(folder.dir, 'saes'));
  const pipeline = createPipeline(folder, ort, { provider: 'cpu', threadCount: 1, saes });
  const { defaults } = folder.description;
  const request = {
    ...defaults,
    prompt: 'a red apple on grass',
    negativePrompt: '',
    seed: 1,
    steps: Number(values.steps),
  };
  const segments = await countSegments(folder, request);
  const total = sum(segments.map(({ macs }) => macs));
  console.log(
    `${folder.description.id}, ${request.width} x ${request.height}, ${request.steps} steps, guidance ` +
      `${request.guidanceScale}, one thread; U-net ${(total / 1e9).toFixed(3)} GMAC a row`,
  );
  console.log('block     shared  limit   board limit   measured (U-net)  of limit   whole picture');
  for (const { name, path } of segments) {
    if (!saes.some(({ stagePath }) => stagePath === path)) continue;
    const at = segments.findIndex((segment) => segment.name === name);
    const shared = sum(segments.slice(0, at + 1).map(({ macs }) => macs)) / total;
    const suffix = request.steps - shared;
    const limit = request.steps / suffix;
    const boardLimit = (boardSize * request.steps) / (request.steps + (boardSize - 1) * suffix);
    const { unet, whole } = await measure(pipeline, request, name);
    const share = unet / boardLimit;
    if (share < goal) process.exitCode = 1;
    console.log(
      `${name.padEnd(9)} ${percent(shared)}   ${limit.toFixed(2)}x   ${boardLimit.toFixed(2)}x         ` +
        `${unet.toFixed(2)}x             ${percent(share)}      ${whole.toFixed(2)}x`,
    );
  }
  console.log(
    `Goal: ${percent(goal)} of the board limit for the U-net. Load ${loadavg()[0].toFixed(1)}.`,
  );
}

/** The least time of each kind of run, as boards: 16 full ones, and one full with 15 that start at the edit. */
async function measure(pipeline, request, block) {
  const variant = (index) => ({
    version: 1,
    edits: [
      {
        ...{ kind: 'add', block, sources: [{ feature: index }], rows: 'conditional' },
        strength: { value: 1 + index, unit: 'raw' },
      },
    ],
  });
  const least = { edited: none(), full: none() };
  for (let round = -1; round < Number(values.rounds); round++) {
    // A seed of its own: nothing of another round is reused.
    const own = { ...request, seed: 1000 + round };
    await pipeline.editing.release();
    const departures = [{ stepIndex: 0, blocks: [block] }];
    const base = await pipeline.editing.base(own, { departures });
    for (let index = 1; index < boardSize; index++) {
      const { edited, schedule } = await makeEdited(pipeline, own, variant(index));
      const full = await pipeline.editing.edit(base, schedule, { isFresh: true });
      // The first round loads the model and warms caches.
      if (round < 0) continue;
      take(least.edited, edited.reuse);
      take(least.full, full.reuse);
    }
  }
  const ratio = (key) =>
    (boardSize * least.full[key]) / (least.full[key] + (boardSize - 1) * least.edited[key]);
  return { unet: ratio('unetMs'), whole: ratio('runMs') };
}

function none() {
  return { unetMs: Infinity, runMs: Infinity };
}

function take(least, { unetMs, runMs }) {
  least.unetMs = Math.min(least.unetMs, unetMs);
  least.runMs = Math.min(least.runMs, runMs);
}

/** Multiply-adds of each segment of the chain for one row; each ends with the stage it is named after. */
async function countSegments(folder, request) {
  const unetDir = dirname(folder.unet.graph.path);
  const graph = readGraph(readFileSync(folder.unet.graph.path));
  const macs = await countNodes(graph, unetDir, folder, request);
  const { stages } = findStages(graph);
  const { graph: spliced, cuts } = spliceTaps(
    graph,
    stages.map((stage) => ({ stage })),
  );
  return cutIntoSegments(spliced, cuts).map(({ name, bytes }) => ({
    name,
    path: stages.find((stage) => stage.name === name)?.path,
    macs: sum(readGraph(bytes).nodes.map((node) => macs.get(node.output[0]) ?? 0)),
  }));
}

/** By output: of Conv, Gemm and MatMul nodes, from the sizes of a real run. */
async function countNodes(graph, dir, folder, request) {
  const types = inferTypes(graph);
  const nodes = graph.nodes.filter(({ opType }) => ['Conv', 'Gemm', 'MatMul'].includes(opType));
  const isKnown = (name) =>
    graph.initializers.has(name) || graph.inputs.some((i) => i.name === name);
  const wanted = [...new Set(nodes.flatMap((node) => [node.output[0], node.input[0]]))].filter(
    (name) => !isKnown(name) && !graph.outputs.some((output) => output.name === name),
  );
  const outputs = wanted.map((name) => {
    const rank = types.get(name)?.dims?.length ?? 0;
    const dims = Array.from({ length: rank }, (_, axis) => `${name}.${axis}`);
    return declareValue({ name, dtype: 'float32', dims });
  });
  const measured = changeGraph(graph, { output: [...graph.outputs, ...outputs] });
  const session = await openDirect(writeGraph(measured), dir);
  const cell = request.width / folder.unet.config.sample_size;
  const sizes = {
    sample: [1, folder.unet.config.in_channels, request.height / cell, request.width / cell],
  };
  const feeds = Object.fromEntries(
    graph.inputs.map((input) => {
      const declared = types.get(input.name)?.dims ?? [];
      const free = { encoder_hidden_states: folder.textEncoders[0].config.max_position_embeddings };
      const dims =
        sizes[input.name] ??
        declared.map((dim, axis) =>
          typeof dim === 'number' ? dim : axis === 0 ? 1 : (free[input.name] ?? 1),
        );
      const data = new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.1);
      return [input.name, { dtype: 'float32', dims, data }];
    }),
  );
  const results = await session.run(feeds);
  await session.release();
  const dimsOf = (name) =>
    results[name]?.dims ?? feeds[name]?.dims ?? weightDims(types.get(name), name);
  return new Map(
    nodes.map((node) => {
      const out = dimsOf(node.output[0]).reduce((x, y) => x * y, 1);
      const inner =
        node.opType === 'Conv'
          ? dimsOf(node.input[1])
              .slice(1)
              .reduce((x, y) => x * y, 1) // [out, in, high, wide]
          : dimsOf(node.input[0]).at(-1);
      return [node.output[0], out * inner];
    }),
  );
}

/** Weights may lie in the file as they are, or behind a cast from float16. */
function weightDims(type, name) {
  if (type?.dims?.every((dim) => typeof dim === 'number')) return type.dims;
  throw new Error(`The size of "${name}" is not known.`);
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

function percent(share) {
  return `${(100 * share).toFixed(0)} %`.padStart(5);
}
