import { bytesText } from '../protocol/countText.ts';
import type { Provider, ProviderDecision, ProviderProbe } from '../protocol/provider.ts';

/**
 * A smaller model is drawn by the CPU in seconds, and the way to a graphics card costs as much as it saves: the embedded
 * model (0.03 GB) takes 32 ms a step on two cores.
 */
const smallModelBytes = 2 ** 30;
/** Sums of float32 in another order stay below 1e-6 on the probe's products; TF32 is at 3e-4, float16 at 1e-3. */
const relativeErrorMax = 1e-5;
/** A provider that is less faster than this does not make up for its other bits. */
const speedUpMin = 2;

export interface DecisionFacts {
  /** Of the model's files. */
  readonly sizeBytes: number;
  /** Providers that failed with this model since the last probe. */
  readonly failed: ReadonlySet<Provider>;
}

/** Whether what is known of the model already leaves nothing but the CPU. */
export const isForCpu = ({ sizeBytes }: Pick<DecisionFacts, 'sizeBytes'>): boolean =>
  sizeBytes < smallModelBytes;

/**
 * The fastest provider that works, multiplies float32 in full, and is at least twice as fast as the CPU; else the CPU.
 *
 * @param probes none are read for a small model
 */
export function decideProvider(
  facts: DecisionFacts,
  probes: readonly ProviderProbe[],
): ProviderDecision {
  if (isForCpu(facts)) {
    const size = bytesText(facts.sizeBytes);
    return { provider: 'cpu', why: `a model of ${size} is small enough for it, and it is exact` };
  }
  const cpuMs = probes.find(({ provider }) => provider === 'cpu')?.product?.runMs ?? Infinity;
  const against: string[] = [];
  const fit: { readonly provider: Provider; readonly runMs: number }[] = [];
  for (const { provider, isWorking, product } of probes) {
    if (provider === 'cpu' || !isWorking) continue;
    if (!product) {
      against.push(`${provider} is too slow`);
      continue;
    }
    const { relativeError, runMs } = product;
    const speedUp = cpuMs / runMs;
    if (facts.failed.has(provider)) against.push(`${provider} failed with this model`);
    else if (!(relativeError <= relativeErrorMax)) {
      against.push(`${provider} multiplies with an error of ${relativeError.toExponential(1)}`);
    } else if (!(speedUp >= speedUpMin)) {
      against.push(`${provider} multiplies ${factor(speedUp)} times as fast as the CPU`);
    } else fit.push({ provider, runMs });
  }
  const [best] = fit.sort((a, b) => a.runMs - b.runMs);
  if (!best) return { provider: 'cpu', why: against.join('; ') || 'nothing else works here' };
  const { provider, runMs } = best;
  return {
    provider,
    why: `it multiplies float32 in full, ${factor(cpuMs / runMs)} times as fast as the CPU`,
  };
}

const factor = (value: number): string => value.toPrecision(2);
