/**
 * `node scripts/benchCost.mjs [--rounds 40] [--steps 1] [--threads 0] [--model DIR]`: what looking inside costs: a
 * picture with the codes of every block read, beside the same picture by the U-net's own file, in one process of ONNX
 * Runtime and by turns. The time counts that ONNX Runtime takes for the whole U-net; text and VAE are left out. What is
 * looked into has fused attentions, the file has not: the ratio to the same graph with nothing read is told as well.
 */
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readModelFolder } from '../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../src/engine/models/sae/installedSaes.ts';
import { createOrt } from '../src/engine/ort/ortClient.ts';
import { createPipeline } from '../src/engine/pipeline/generate.ts';
import { runProcess } from './runProcess.mjs';

const root = dirname(import.meta.dirname);
const goal = 1.15;
const warmUpCount = 3;
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    steps: { type: 'string', default: '1' },
    threads: { type: 'string', default: '0' },
    model: { type: 'string', default: join(root, 'models', 'mini') },
  },
});

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

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
  const common = { provider: 'cpu', threadCount: Number(values.threads) };
  const forms = {
    'the file as it is': createPipeline(folder, ort, { ...common, unet: 'plain' }),
    'cut, with codes': createPipeline(folder, ort, { ...common, unet: 'chain', saes }),
    'cut, without SAEs': createPipeline(folder, ort, { ...common, unet: 'chain' }),
    'in one session, with codes': createPipeline(folder, ort, { ...common, unet: 'tapped', saes }),
    'in one session, nothing read': createPipeline(folder, ort, { ...common, unet: 'tapped' }),
  };
  const times = Object.fromEntries(Object.keys(forms).map((name) => [name, []]));
  const { scheduler, width, height, guidanceScale } = folder.description.defaults;
  const steps = Number(values.steps);
  for (let round = -warmUpCount; round < Number(values.rounds); round++) {
    const request = {
      prompt: `${round} red apples`,
      negativePrompt: '',
      seed: round + warmUpCount,
    };
    for (const [name, pipeline] of Object.entries(forms)) {
      const { timingsMs } = await pipeline.generate({
        ...request,
        steps,
        guidanceScale,
        scheduler,
        width,
        height,
      });
      if (round >= 0) times[name].push(timingsMs.denoising / steps);
    }
  }
  const [plain] = Object.values(times);
  console.log(
    `${values.steps} step(s), ${saes.length} SAEs, medians of ${values.rounds} rounds; a step of the U-net:`,
  );
  for (const [name, own] of Object.entries(times)) {
    const ratio = median(own.map((ms, round) => ms / plain[round]));
    const least = Math.min(...own) / Math.min(...plain);
    console.log(
      `${name.padEnd(28)} ${median(own).toFixed(1)} ms, ${ratio.toFixed(3)}x (least ${least.toFixed(3)}x)`,
    );
  }
  const codes = times['cut, with codes'];
  const same = times['in one session, nothing read'];
  const ratio = median(codes.map((ms, round) => ms / plain[round]));
  const ownRatio = median(codes.map((ms, round) => ms / same[round]));
  console.log(`goal: ${goal}x; over the same graph with nothing read: ${ownRatio.toFixed(3)}x`);
  if (ratio > goal) process.exitCode = 1;
  console.log(`load ${loadavg()[0].toFixed(1)}`);
}
