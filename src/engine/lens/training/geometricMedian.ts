import { isHandle } from '../../../protocol/tensors.ts';
import { medianStep } from '../../onnx/training/medianStep.ts';
import type { TrainingOrt } from './residentSae.ts';

const stepsMax = 100;
/** Below this share of the points' mean distance a step no longer matters: float32 holds no more. */
const moveFloor = 1e-6;

/**
 * The point with the least sum of distances to all others, by Weiszfeld's method from their mean, in float32.
 *
 * @param points f32 `[count, d]`
 * @returns f32 `[d]`; checked against a float64 reference, within 1e-5 of the largest value
 */
export async function geometricMedian(
  ort: TrainingOrt,
  points: Float32Array,
  dModel: number,
  { threadCount, signal }: { readonly threadCount: number; readonly signal?: AbortSignal },
): Promise<Float32Array> {
  const count = points.length / dModel;
  const { mean, spread } = await meanOf(points, dModel);
  const graph = { bytes: medianStep(count, dModel), externalDataDir: '' };
  const session = await ort.createSession({ graph, provider: 'cpu', threadCount }, signal);
  const dims = [count, dModel];
  const [held] = await ort.holdTensors([{ dtype: 'float32', dims, data: points }], signal);
  try {
    let median = mean;
    for (let step = 0; step < stepsMax; step++) {
      const { outputs } = await session.run(
        { points: held!, median: { dtype: 'float32', dims: [dModel], data: median } },
        { next: 'value', moved: 'value' },
        signal,
      );
      const { next, moved } = outputs;
      if (!next || !moved || isHandle(next) || isHandle(moved)) break;
      median = next.data as Float32Array;
      if (Number(moved.data[0]) <= moveFloor * spread) break;
    }
    return median;
  } finally {
    await ort.releaseTensors([held!.handle]);
    await session.release();
  }
}

/** Points added up in one go: the engine answers in between. */
const pointsAtOnce = 1024;

/** The mean, and the root mean square distance from it; float64 sums. */
async function meanOf(
  points: Float32Array,
  d: number,
): Promise<{ mean: Float32Array; spread: number }> {
  const count = points.length / d;
  const each = async (use: (value: number, i: number) => void): Promise<void> => {
    for (let point = 0; point < count; point++) {
      const from = point * d;
      for (let i = 0; i < d; i++) use(points[from + i]!, i);
      if (point % pointsAtOnce === pointsAtOnce - 1) await new Promise(setImmediate);
    }
  };
  const sums = new Float64Array(d);
  await each((value, i) => (sums[i]! += value));
  const mean = Float32Array.from(sums, (sum) => sum / count);
  let squares = 0;
  await each((value, i) => (squares += (value - mean[i]!) ** 2));
  return { mean, spread: Math.sqrt(squares / count) };
}
