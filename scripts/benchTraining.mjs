/**
 * `node scripts/benchTraining.mjs [--sizes 192x1536x16,1280x5120x10] [--batch 4096] [--rounds 5] [--threads N]`: samples a
 * second of SAE training, ours beside torch's in turns (FEATURESCOPE_PYTHON or python3 with torch), and the memory of
 * both. Samples a processor second hardly depend on what else the machine does. Torch twice: the reference as it is written, and with the decoder as an embedding bag.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { BatchFeed } from '../src/engine/lens/training/batchFeed.ts';
import { initialState } from '../src/engine/lens/training/initialState.ts';
import { ResidentSae } from '../src/engine/lens/training/residentSae.ts';
import { shuffledBatches } from '../src/engine/lens/training/shuffledBatches.ts';
import { trainingDefaults } from '../src/engine/lens/training/trainingOptions.ts';
import { createOrt } from '../src/engine/ort/ortClient.ts';
import { TorchGenerator } from '../src/numerics/random.ts';
import { memorySamples } from '../test/support/memorySamples.ts';
import { runProcess } from './runProcess.mjs';

const root = dirname(import.meta.dirname);
const { values: given } = parseArgs({
  options: {
    sizes: { type: 'string', default: '192x1536x16,1280x5120x10' },
    batch: { type: 'string', default: '4096' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const batchSize = Number(given.batch);
const roundCount = Number(given.rounds);
const threadCount = Number(given.threads);
const python = process.env.FEATURESCOPE_PYTHON ?? 'python3';

const count = (value) => Math.round(value).toLocaleString('en').padStart(8);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const code = await runProcess('node', ['esbuild.mjs'], { cwd: root });
if (code !== 0) process.exit(code);
for (const size of given.sizes.split(',')) await benchSize(...size.split('x').map(Number));
const [load = 0] = loadavg();
if (load > availableParallelism() * 2) {
  console.log(`The machine is busy with other things (load ${load.toFixed(1)}): measure again.`);
}

async function benchSize(dModel, nFeatures, k) {
  const sides = [await startOurs(dModel, nFeatures, k)];
  for (const kind of ['dense', 'bag']) {
    const side = await startTorch(kind, dModel, nFeatures, k);
    if (side) sides.push(side);
  }
  try {
    console.log(
      `d ${dModel}, n ${nFeatures}, k ${k}, batches of ${batchSize}, ${threadCount} threads, ` +
        `medians of ${roundCount} rounds in turns`,
    );
    const steps = Math.max(2, Math.round(3e10 / (dModel * nFeatures * batchSize)));
    const rows = sides.map(() => []);
    const cpu = sides.map(() => 0);
    for (let round = -1; round < roundCount; round++) {
      for (const [i, side] of sides.entries()) {
        const cpuBefore = side.cpuSeconds();
        const ms = await side.run(round < 0 ? 2 : steps);
        if (round < 0) continue;
        rows[i].push((steps * batchSize * 1000) / ms);
        cpu[i] += side.cpuSeconds() - cpuBefore;
      }
    }
    for (const [i, side] of sides.entries()) {
      const own = median(rows[i]);
      const ratio = median(rows[0].map((ours, round) => ours / rows[i][round]));
      const beside = i === 0 ? '' : `, ours ${ratio.toFixed(2)}x (goal: 1x)`;
      const perCpu = (roundCount * steps * batchSize) / cpu[i];
      console.log(
        `${side.name.padEnd(24)}${count(own)} samples/s,${count(perCpu)} a processor second, ` +
          `peak ${Math.round(side.peakMb())} MB${beside}`,
      );
      if (i > 0 && ratio < 1) process.exitCode = 1;
    }
  } finally {
    for (const side of sides) await side.stop();
  }
}

async function startOurs(dModel, nFeatures, k) {
  let pid = 0;
  const ort = createOrt({
    runnerPath: join(root, 'dist', 'runner.cjs'),
    onLog: ({ text }) => {
      pid = Number(/^started, pid (\d+)/.exec(text)?.[1] ?? pid);
    },
  });
  const plan = {
    ...{ dModel, nFeatures, k, batchSize, rule: 'topk', thresholdDecay: 0.999 },
    ...{ auxK: Math.min(256, nFeatures), auxCoefficient: 1 / 32, deadAfterSteps: 2441 },
    ...{ learningRate: 1e-4, epsilon: trainingDefaults.epsilon },
  };
  const samples = new TorchGenerator(0).randn(8 * batchSize * dModel);
  const state = await initialState({ nFeatures, dModel, seed: 0 }, new Float32Array(dModel));
  const sae = await ResidentSae.start(ort, plan, state, { step: 0, lossScale: 1 }, { threadCount });
  const source = memorySamples(samples, dModel, 64);
  const batches = shuffledBatches(source, { batchSize, seed: 0 });
  const feed = new BatchFeed(ort, batches, batchSize, dModel);
  return {
    name: 'ours, with its transfers',
    run: async (steps) => {
      const startMs = performance.now();
      for (let i = 0; i < steps; i++) {
        const x = await feed.next();
        await sae.step(x, i === 0);
        await ort.releaseTensors([x.handle]);
      }
      return performance.now() - startMs;
    },
    // Both processes: batches are shuffled here. Linux counts in hundredths of a second.
    cpuSeconds: () => {
      if (process.platform !== 'linux') return NaN;
      const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
        .split(') ')[1]
        .split(' ');
      const { user, system } = process.cpuUsage();
      return (Number(fields[11]) + Number(fields[12])) / 100 + (user + system) / 1e6;
    },
    peakMb: () => {
      if (process.platform !== 'linux') return NaN;
      const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
    stop: async () => {
      await feed.close();
      await ort.stop();
    },
  };
}

async function startTorch(kind, dModel, nFeatures, k) {
  const script = join(import.meta.dirname, 'benchTraining.py');
  const sizes = [dModel, nFeatures, k, batchSize].map(String);
  const child = spawn(python, [script, ...sizes, kind], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, OMP_NUM_THREADS: String(threadCount) },
  });
  child.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) {
    console.log(`torch: none with "${python}"; FEATURESCOPE_PYTHON names one`);
    return undefined;
  }
  let last = { peakMb: NaN, cpuSeconds: 0 };
  return {
    name: `torch ${JSON.parse(first.value).torch.split('+')[0]}, ${kind}`,
    run: async (steps) => {
      child.stdin.write(`${steps}\n`);
      last = JSON.parse((await lines.next()).value);
      return last.ms;
    },
    cpuSeconds: () => last.cpuSeconds,
    peakMb: () => last.peakMb,
    stop: () => child.kill(),
  };
}
