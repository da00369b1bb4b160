import type { SaeDefinition } from '../../models/sae/saeDefinition.ts';
import type { MeasuredSae } from './measureSae.ts';
import type { ResidentSae } from './residentSae.ts';
import type { SaePlan, TrainingOptions } from './trainingOptions.ts';

/** A trained SAE in the form that every other part of the engine reads. */
export async function trainedDefinition(
  sae: ResidentSae,
  plan: SaePlan,
  { batchSize, seed, stepCount }: TrainingOptions,
  { quality, featureMean, featureStd }: MeasuredSae,
): Promise<SaeDefinition> {
  const { dModel, nFeatures, k, rule, target, blockPath } = plan;
  const { threshold = 0, lossScale } = sae.scalars;
  const config = {
    ...{ stepCount, batchSize, seed: plan.seed, orderSeed: seed, source: plan.source, rule, k },
    // sdxl-unbox's names, for its config.json.
    ...{ auxk: plan.auxK, dead_steps_threshold: plan.deadAfterSteps },
    ...{ learningRate: plan.learningRate, epsilon: plan.epsilon, lossScale },
    ...{ auxCoefficient: plan.auxCoefficient, quality },
  };
  return {
    ...{ dModel, nFeatures, applyDecBiasToInput: true, normalisation: 'none', target },
    ...(blockPath === undefined ? {} : { blockPath }),
    ...(rule === 'topk'
      ? { activation: 'topk-relu', k }
      : {
          activation: 'batchtopk-threshold',
          threshold: new Float32Array(nFeatures).fill(threshold),
        }),
    encoder: await sae.read('encoder'),
    decoder: await sae.read('decoder'),
    preBias: await sae.read('preBias'),
    latentBias: await sae.read('latentBias'),
    ...{ featureMean, featureStd },
    provenance: {
      ...{ format: 'featurescope', kind: rule, sourceFiles: [], config },
      ...{ isDecoderNormFolded: false, notes: [] },
    },
  };
}
