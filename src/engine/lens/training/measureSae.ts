import { cancelled } from '../../../protocol/errors.ts';
import { isHandle, type TensorHandle, type TensorValue } from '../../../protocol/tensors.ts';
import { codeSums } from '../../onnx/training/codeSums.ts';
import type { StepShape } from '../../onnx/training/stepShape.ts';
import type { ResidentSae, TrainingOrt } from './residentSae.ts';

/** What a finished SAE does on samples of its training. */
export interface SaeQuality {
  /** mean_d(1 - Var(x - x_hat) / (Var(x) + 1e-8)), population variance over all samples measured. */
  readonly explainedVariance: number;
  /** 1 - Σ‖x - x_hat‖² / Σ‖x - mean(x)‖² */
  readonly r2: number;
  /** Mean number of active features a sample. */
  readonly l0: number;
  /** Features that were active in no sample. */
  readonly deadCount: number;
  readonly sampleCount: number;
}

export interface MeasuredSae {
  readonly quality: SaeQuality;
  /** Mean of the active activations, 0 where there were none. */
  readonly featureMean: Float32Array; // [n]
  /** Their population standard deviation. */
  readonly featureStd: Float32Array; // [n]
}

const varianceFloor = 1e-8;
const featureSums = ['activeCount', 'codeSum', 'codeSquareSum'] as const;
const dimensionSums = ['xSum', 'xSquareSum', 'errorSum', 'errorSquareSum'] as const;
type Sums = Readonly<Record<(typeof featureSums | typeof dimensionSums)[number], Float64Array>>;

/**
 * Runs an SAE as it will be used over batches, sums in float64.
 *
 * @param batches f32 `[batchSize, d]` each
 */
export async function measureSae(
  ort: TrainingOrt,
  sae: ResidentSae,
  shape: StepShape,
  batches: AsyncIterable<TensorHandle>,
  { threadCount, signal }: { readonly threadCount: number; readonly signal?: AbortSignal },
): Promise<MeasuredSae> {
  const graph = { bytes: codeSums(shape), externalDataDir: '' };
  const session = await ort.createSession({ graph, provider: 'cpu', threadCount }, signal);
  const threshold: TensorValue = {
    ...{ dtype: 'float32', dims: [], data: Float32Array.of(sae.scalars.threshold ?? 0) },
  };
  const sums = Object.fromEntries([
    ...featureSums.map((name) => [name, new Float64Array(shape.nFeatures)]),
    ...dimensionSums.map((name) => [name, new Float64Array(shape.dModel)]),
  ]) as Sums;
  const names = [...featureSums, ...dimensionSums];
  const fetches = Object.fromEntries(names.map((name) => [name, 'value' as const]));
  const [encoder, decoder] = [sae.parameter('encoder'), sae.parameter('decoder')];
  const [preBias, latentBias] = [sae.parameter('preBias'), sae.parameter('latentBias')];
  let sampleCount = 0;
  try {
    for await (const x of batches) {
      if (signal?.aborted) throw cancelled();
      const feeds = { x, encoder, decoder, preBias, latentBias, threshold };
      const { outputs } = await session.run(feeds, fetches, signal);
      for (const name of names) {
        const output = outputs[name];
        if (!output || isHandle(output)) continue;
        const sum = sums[name];
        for (let i = 0; i < sum.length; i++) sum[i]! += Number(output.data[i]);
      }
      sampleCount += shape.batchSize;
    }
  } finally {
    await session.release();
  }
  return summarise(sums, sampleCount);
}

function summarise(sums: Sums, sampleCount: number): MeasuredSae {
  const { activeCount, codeSum, codeSquareSum } = sums;
  const { xSum, xSquareSum, errorSum, errorSquareSum } = sums;
  const d = xSum.length;
  let [share, errors, spread] = [0, 0, 0];
  for (let i = 0; i < d; i++) {
    const variance = xSquareSum[i]! / sampleCount - (xSum[i]! / sampleCount) ** 2;
    const left = errorSquareSum[i]! / sampleCount - (errorSum[i]! / sampleCount) ** 2;
    share += left / (variance + varianceFloor);
    errors += errorSquareSum[i]!;
    spread += variance * sampleCount;
  }
  const featureMean = Float32Array.from(codeSum, (sum, f) =>
    activeCount[f]! > 0 ? sum / activeCount[f]! : 0,
  );
  const featureStd = Float32Array.from(codeSquareSum, (sum, f) => {
    const count = activeCount[f]!;
    return count > 0 ? Math.sqrt(Math.max(0, sum / count - (codeSum[f]! / count) ** 2)) : 0;
  });
  const quality = {
    explainedVariance: 1 - share / d,
    r2: 1 - errors / spread,
    l0: activeCount.reduce((a, b) => a + b, 0) / sampleCount,
    deadCount: activeCount.filter((count) => count === 0).length,
    sampleCount,
  };
  return { quality, featureMean, featureStd };
}
