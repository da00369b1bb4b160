import { invalidInput } from '../../../protocol/errors.ts';
import type { TrainParams, TrainPlan } from '../../../protocol/training.ts';
import type { CollectedBlock, CollectedSet } from '../collected/collectedSet.ts';
import { collectedSamples } from './collectedSamples.ts';
import { sampleCountOf, type SampleSource } from './sampleSource.ts';
import {
  checkTrainingOptions,
  type SaePlan,
  trainingDefaults,
  type TrainingOptions,
} from './trainingOptions.ts';

const defaultEpochs = 10;
/** A checkpoint costs about a step; this many steps are lost at most when the machine stops. */
const checkpointEvery = 200;

export interface SettledTraining {
  readonly options: TrainingOptions;
  readonly sources: ReadonlyMap<string, SampleSource>;
}

/**
 * Fills in what the params leave open, from the set.
 *
 * @throws `invalidInput` for a block or step that the set does not hold, a set without pictures, options out of range
 */
export function settleTraining(params: TrainParams, set: CollectedSet): SettledTraining {
  const { manifest, pictureCount } = set;
  if (pictureCount === 0) throw invalidInput('The collected set has no pictures yet.');
  const steps = params.steps ?? manifest.steps;
  const missing = steps.find((step) => !manifest.steps.includes(step));
  if (steps.length === 0 || missing !== undefined) {
    const known = manifest.steps.map((step) => step + 1).join(', ');
    throw invalidInput(
      `The set has no updates of step ${missing === undefined ? 'none' : String(missing + 1)}, but of ${known}.`,
    );
  }
  const blocks = params.blocks?.map((name) => blockNamed(set, name)) ?? manifest.blocks;
  const sources = new Map(
    blocks.map((block) => [block.block, collectedSamples(set, block, steps)] as const),
  );
  const sampleCount = Math.min(...[...sources.values()].map(sampleCountOf));
  const epochs = params.epochs ?? defaultEpochs;
  if (!(epochs > 0)) throw invalidInput(`epochs is ${String(epochs)}; it must be above 0.`);
  const batchSize = params.batchSize ?? trainingDefaults.batchSize(sampleCount, epochs);
  const stepCount = Math.max(1, Math.round((epochs * sampleCount) / batchSize));
  const deadAfterSteps =
    params.deadAfterSamples === undefined
      ? Math.min(
          trainingDefaults.deadAfterSteps(batchSize),
          Math.max(1, Math.round(stepCount / 10)),
        )
      : Math.max(1, Math.round(params.deadAfterSamples / batchSize));
  const saes = blocks.flatMap((block) =>
    params.nFeatures.flatMap((nFeatures) =>
      params.k.map((k) => planOf(params, block, nFeatures, k, deadAfterSteps)),
    ),
  );
  const options = {
    ...{ saes, batchSize, stepCount, checkpointEvery, seed: params.seed ?? 0 },
    ...{ figuresEvery: trainingDefaults.figuresEvery, threadCount: params.threads ?? 0 },
    evaluationSamples: trainingDefaults.evaluationSamples,
  };
  checkTrainingOptions(options);
  return { options, sources };
}

function planOf(
  params: TrainParams,
  { block, path, dModel }: CollectedBlock,
  nFeatures: number,
  k: number,
  deadAfterSteps: number,
): SaePlan {
  const { epsilon, thresholdDecay, auxCoefficient } = trainingDefaults;
  return {
    name: `${block}-n${String(nFeatures)}-k${String(k)}`,
    ...{ source: block, blockPath: `unet.${path}`, target: 'update', dModel, nFeatures, k },
    ...{ auxK: params.auxK ?? Math.min(trainingDefaults.auxK, nFeatures), auxCoefficient },
    ...{ rule: params.rule ?? 'topk', seed: params.seed ?? 0, epsilon, thresholdDecay },
    learningRate: params.learningRate ?? trainingDefaults.learningRate(nFeatures),
    deadAfterSteps,
  };
}

function blockNamed({ manifest: { blocks } }: CollectedSet, name: string): CollectedBlock {
  const found = blocks.find(({ block, path }) => block === name || path === name);
  if (found) return found;
  const known = blocks.map(({ block }) => block).join(', ');
  throw invalidInput(`The set holds no updates of "${name}", but of ${known}.`);
}

/** @param doneSteps that the folder holds already */
export function describeTraining(
  dir: string,
  { options, sources }: SettledTraining,
  doneSteps: number,
): TrainPlan {
  const { batchSize, stepCount, saes } = options;
  const memoryBytes = saes.reduce((sum, { dModel, nFeatures }) => {
    // Weights and two means; two gradients; three arrays of a batch's pre-activations, four of its samples.
    const values = 8 * nFeatures * dModel + 3 * batchSize * nFeatures + 4 * batchSize * dModel;
    return sum + 4 * values;
  }, 0);
  return {
    dir,
    saes: saes.map(({ name, source, dModel, nFeatures, k, learningRate }) => ({
      ...{ name, block: source, dModel, nFeatures, k, learningRate },
    })),
    sampleCount: Math.min(...[...sources.values()].map(sampleCountOf)),
    ...{ batchSize, stepCount, doneSteps, memoryBytes },
    deadAfterSteps: saes[0]!.deadAfterSteps,
  };
}
