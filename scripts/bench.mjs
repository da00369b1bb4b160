/**
 * `node scripts/bench.mjs [--runs 15] [--steps N] [--model DIR] [--torch-model DIR]`: how much time the path around
 * ONNX Runtime costs, and how fast it is beside torch eager where Python with torch and diffusers is there
 * (FEATURESCOPE_PYTHON or python3, and the same model in diffusers form).
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { describeModel, generatePicture } from '../src/protocol/engine.ts';
import { embeddedModel, startEngineSession } from '../test/support/engineSession.ts';
import { runProcess } from './runProcess.mjs';

const root = dirname(import.meta.dirname);
const warmUpCount = 3;
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '15' },
    steps: { type: 'string' },
    model: { type: 'string', default: embeddedModel },
    'torch-model': { type: 'string' },
  },
});
const runCount = Number(values.runs);

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};
const ms = (value) => `${value.toFixed(1)} ms`;

const code = await runProcess('node', ['esbuild.mjs'], { cwd: root });
if (code !== 0) process.exit(code);

const engine = startEngineSession();
const torch = await startTorch();
try {
  await bench();
} finally {
  torch?.stop();
  await engine.stop();
}

async function bench() {
  const { defaults } = await engine.request(describeModel, { modelDir: values.model });
  const params = {
    ...defaults,
    ...(values.steps && { steps: Number(values.steps) }),
    modelDir: values.model,
    negativePrompt: '',
    seed: 1,
    provider: 'cpu',
    keep: false,
  };
  console.log(
    `${params.width} x ${params.height}, ${params.steps} steps, guidance ${params.guidanceScale}, ` +
      `${availableParallelism()} cores, medians of ${runCount} runs, each with another prompt`,
  );
  // torch's threads spin for a while after a run: alone first, then side by side.
  printAround(await measure(params));
  if (torch) printSpeedup(await measure(params, torch));
  printFigures();
  const [load = 0] = loadavg();
  if (load > availableParallelism() * 2) {
    console.log(`The machine is busy with other things (load ${load.toFixed(1)}): measure again.`);
  }
}

async function measure(params, other) {
  const rows = [];
  // The first requests load the model and warm caches on both sides.
  for (let run = -warmUpCount; run < runCount; run++) {
    const seed = run + warmUpCount;
    const request = { ...params, seed, prompt: `${seed} red apples on grass` };
    const startMs = performance.now();
    const { runMs } = await engine.request(generatePicture, request);
    const wholeMs = performance.now() - startMs;
    const otherMs = await other?.generate(request);
    if (run >= 0) rows.push({ wholeMs, runMs, otherMs });
  }
  return rows;
}

function printAround(rows) {
  const around = rows.map((row) => row.wholeMs - row.runMs);
  const ratio = median(rows.map((row) => row.wholeMs / row.runMs));
  const goal = '(goal: 1.05 or 10 ms)';
  const least = ms(Math.min(...around));
  console.log(`request to pixels      ${ms(median(rows.map((row) => row.wholeMs)))}`);
  console.log(`ONNX Runtime's runs    ${ms(median(rows.map((row) => row.runMs)))}`);
  console.log(
    `around them            ${ms(median(around))}, ratio ${ratio.toFixed(3)} ${goal}, least ${least}`,
  );
  if (ratio > 1.05 && median(around) > 10) process.exitCode = 1;
}

function printSpeedup(rows) {
  const speedup = median(rows.map((row) => row.otherMs / row.wholeMs));
  console.log(`beside torch eager     ${ms(median(rows.map((row) => row.wholeMs)))}`);
  console.log(
    `torch eager            ${ms(median(rows.map((row) => row.otherMs)))}, ${torch.versions}`,
  );
  console.log(`faster than torch      ${speedup.toFixed(2)}x (goal: 2x)`);
  if (speedup < 2) process.exitCode = 1;
}

/** What `npm run test:vscode` measured last in the extension host. */
function printFigures() {
  const artifacts = join(root, 'test', '.artifacts');
  const names = existsSync(artifacts)
    ? readdirSync(artifacts).filter((name) => /^figures-.*\.json$/.test(name))
    : [];
  for (const name of names) {
    const figures = JSON.parse(readFileSync(join(artifacts, name), 'utf8'));
    const pair = (clock, busy) => `${ms(figures[clock] ?? NaN)} (busy ${ms(figures[busy] ?? NaN)})`;
    console.log(
      `VS Code ${name.slice(8, -5)}: activation ${pair('activationMs', 'activationCpuMs')}, longest ` +
        `event-loop gap during a run ${pair('longestGapMs', 'longestBusyMs')}, goals 50 ms`,
    );
  }
  if (names.length === 0) console.log('Activation and event-loop gap: npm run test:vscode first.');
}

async function startTorch() {
  const python = process.env.FEATURESCOPE_PYTHON ?? 'python3';
  const modelDir = values['torch-model'];
  if (!modelDir) {
    console.log('No comparison with torch: name the model in diffusers form with --torch-model.');
    return undefined;
  }
  const probe = spawnSync(python, ['-c', 'import torch, diffusers'], { encoding: 'utf8' });
  if (probe.status !== 0) {
    console.log(`No comparison with torch: ${python} has no torch and diffusers.`);
    return undefined;
  }
  const child = spawn(python, [join(import.meta.dirname, 'benchTorch.py'), modelDir], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('The Python side of the comparison ended.');
    return JSON.parse(value);
  };
  const { torch: version, diffusers, threads } = await next();
  return {
    versions: `torch ${version}, diffusers ${diffusers}, ${threads} threads`,
    async generate({ prompt, steps, guidanceScale, width, height, seed }) {
      const request = { prompt, steps, guidanceScale, width, height, seed };
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return (await next()).ms;
    },
    stop: () => child.kill(),
  };
}
