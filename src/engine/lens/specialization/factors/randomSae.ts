import { SeededDraws } from '../../../../numerics/seededDraws.ts';
import type { SaeDefinition } from '../../../models/sae/saeDefinition.ts';

/** More random features than this would take longer than the picture itself. */
const featuresMax = 1024;

const made = new WeakMap<SaeDefinition, Map<number, SaeDefinition>>();

/**
 * An SAE that learnt nothing: as many features (at most 1,024) and as many active ones a cell as a real one, but its
 * directions are drawn by chance.
 */
export function randomSae(real: SaeDefinition, seed: number): SaeDefinition {
  const known = made.get(real)?.get(seed);
  if (known) return known;
  const { dModel } = real;
  const nFeatures = Math.min(real.nFeatures, featuresMax);
  const draws = new SeededDraws(seed);
  const encoder = new Float32Array(nFeatures * dModel);
  for (let feature = 0; feature < nFeatures; feature++) {
    encoder.set(draws.direction(dModel), feature * dModel);
  }
  const random: SaeDefinition = {
    ...{ dModel, nFeatures, k: Math.min(real.k ?? 10, nFeatures), activation: 'topk-relu' },
    ...{ applyDecBiasToInput: true, normalisation: 'none', target: real.target },
    ...{ encoder, decoder: encoder, preBias: real.preBias },
    latentBias: new Float32Array(nFeatures),
    provenance: real.provenance,
  };
  made.set(real, (made.get(real) ?? new Map<number, SaeDefinition>()).set(seed, random));
  return random;
}
