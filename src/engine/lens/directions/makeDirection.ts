import type { DirectionParams, PromptSet } from '../../../protocol/interventions.ts';
import type { PictureBase, VectorSource } from '../../../protocol/recipe.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { readBlocks } from '../intervene/blockFacts.ts';
import type { BoardPorts } from '../intervene/board.ts';
import { blockNamed } from '../intervene/checkAgainstModel.ts';
import { rowsAt } from '../intervene/staticCodes.ts';
import { fitProbe } from './fitProbe.ts';
import { principalComponent } from './principalComponent.ts';
import { readPromptSet } from './readPromptSet.ts';
import { readVectorFile } from './readVectorFile.ts';

interface Direction {
  readonly source: VectorSource;
  readonly quality?: { readonly name: string; readonly value: number };
}

type Ports = Pick<BoardPorts, 'turn' | 'signal'> & {
  readonly progress: (progress: never) => void;
};

/**
 * Makes a direction of a block's update from prompts or a file.
 *
 * @throws `invalidInput` for too few or too many prompts, a file that does not fit; as `Pipeline.generate`
 */
export async function makeDirectionOf(
  { block, base, making }: DirectionParams,
  ports: Ports,
): Promise<Direction> {
  const { width } = await ports.turn(async ({ pipeline }) =>
    blockNamed(block, await readBlocks(pipeline)),
  );
  if (making.kind === 'file') {
    const { name, values } = await readVectorFile(making.path, making.tensor, width);
    return { source: { name, vector: Array.from(values) } };
  }
  const collect = (prompts: readonly string[]) => updatesOf(prompts, block, base, ports);
  // A probe is judged on prompts that it was not fitted to.
  const least = making.kind === 'probe' ? 4 : 1;
  const read = (set: PromptSet) => readPromptSet(set, making.kind, least, ports.signal);
  const prompts = await read(making.prompts);
  if (making.kind === 'pca') {
    const samples = await collect(prompts);
    const { vector, share, mean } = principalComponent(samples, width, making.component);
    const name = `PCA ${String(making.component + 1)} of ${String(prompts.length)} prompts`;
    const readBias = -dot(mean, vector);
    const source = withStatistics({ name, vector: Array.from(vector), readBias }, samples, width);
    return { source, quality: { name: 'share of variance', value: share } };
  }
  const otherPrompts = await read(making.otherPrompts);
  const [ones, others] = [await collect(prompts), await collect(otherPrompts)];
  const [mean, otherMean] = [meanOf(ones, width), meanOf(others, width)];
  const counts = `${String(prompts.length)} and ${String(otherPrompts.length)} prompts`;
  if (making.kind === 'difference') {
    const vector = mean.map((value, i) => value - (otherMean[i] ?? 0));
    const source = { name: `difference of ${counts}`, vector: Array.from(vector) };
    return { source: withStatistics(source, ones, width) };
  }
  const { vector, bias, accuracy } = fitProbe(ones, others, width);
  // Written back at 1 / ‖w‖², so that removing the code takes the log-odds to 0 and not beyond it.
  const square = dot(vector, vector);
  const source = {
    name: `probe of ${counts}`,
    vector: Array.from(vector, (value) => value / square),
    read: Array.from(vector),
    readBias: bias,
  };
  return {
    source: withStatistics(source, ones, width),
    quality: { name: 'accuracy on held-out prompts', value: accuracy },
  };
}

/** Updates of the conditional row, all steps and cells, one entry a prompt: f32 `[samples, width]`. */
async function updatesOf(
  prompts: readonly string[],
  block: string,
  base: PictureBase,
  { turn, signal, progress }: Ports,
): Promise<readonly Float32Array[]> {
  const samples: Float32Array[] = [];
  for (const prompt of prompts) {
    samples.push(
      await turn(async ({ pipeline }) => {
        const context = { signal, progress: progress as () => void };
        return readUpdates(pipeline, { ...base, prompt }, block, context);
      }),
    );
  }
  return samples;
}

async function readUpdates(
  pipeline: Pipeline,
  request: PictureBase,
  block: string,
  context: { readonly signal: AbortSignal; readonly progress: () => void },
): Promise<Float32Array> {
  const run = await pipeline.editing.base(request, { updatesOf: [block] }, context);
  const perStep = run.steps.map((_, stepIndex) => {
    const { update, rows, cellsHigh, cellsWide, tap } = rowsAt(run, stepIndex, block);
    const cells = cellsHigh * cellsWide;
    const last = update?.subarray((rows - 1) * tap.width * cells) ?? new Float32Array();
    return transposed(last, tap.width, cells);
  });
  const all = new Float32Array(perStep.reduce((sum, step) => sum + step.length, 0));
  let at = 0;
  for (const step of perStep) {
    all.set(step, at);
    at += step.length;
  }
  return all;
}

/** `[width, cells]` to `[cells, width]` */
function transposed(values: Float32Array, width: number, cells: number): Float32Array {
  const result = new Float32Array(width * cells);
  for (let channel = 0; channel < width; channel++) {
    for (let cell = 0; cell < cells; cell++) {
      result[cell * width + channel] = values[channel * cells + cell] ?? 0;
    }
  }
  return result;
}

function meanOf(samples: readonly Float32Array[], width: number): Float32Array {
  const sum = new Float64Array(width);
  let count = 0;
  for (const values of samples) {
    values.forEach((value, i) => {
      sum[i % width] = (sum[i % width] ?? 0) + value;
    });
    count += values.length / width;
  }
  return Float32Array.from(sum, (value) => value / count);
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
};

/** Mean and deviation of its codes above 0, and the largest, over the samples: the units of strengths. */
function withStatistics(
  source: VectorSource,
  samples: readonly Float32Array[],
  width: number,
): VectorSource {
  const square = dot(source.vector, source.vector);
  const read = source.read ?? source.vector.map((value) => value / square);
  let [count, sum, squares, max] = [0, 0, 0, 0];
  for (const values of samples) {
    for (let at = 0; at < values.length; at += width) {
      const code = dot(read, values.subarray(at, at + width)) + (source.readBias ?? 0);
      if (!(code > 0)) continue;
      count++;
      sum += code;
      squares += code * code;
      max = Math.max(max, code);
    }
  }
  if (count === 0) return source;
  const mean = sum / count;
  return { ...source, mean, std: Math.sqrt(Math.max(0, squares / count - mean * mean)), max };
}
