import { invalidInput } from '../../../protocol/errors.ts';
import type { SaeTarget } from '../../models/sae/saeDefinition.ts';
import type { StepShape } from '../../onnx/training/stepShape.ts';

/** One SAE to be trained. */
export interface SaePlan extends Omit<StepShape, 'batchSize'> {
  /** Names its files and its figures; unique. */
  readonly name: string;
  /** Which of the sample sources it learns from. */
  readonly source: string;
  /** diffusers path of the stage, such as `unet.mid_block.attentions.0`. */
  readonly blockPath?: string;
  /** What the samples are. */
  readonly target: SaeTarget;
  readonly learningRate: number;
  /** Adam's ε. */
  readonly epsilon: number;
  /** Dead: not fired for more steps than this. */
  readonly deadAfterSteps: number;
  /** BatchTopK: weight of the past in the running mean of the smallest kept code. */
  readonly thresholdDecay: number;
  /** Of the encoder's first values. */
  readonly seed: number;
}

/** A whole training: several SAEs side by side, each on its source's stream of batches. */
export interface TrainingOptions {
  readonly saes: readonly SaePlan[];
  /** Samples a step. */
  readonly batchSize: number;
  readonly stepCount: number;
  /** Of the order of the samples. */
  readonly seed: number;
  /** Loss, EV, L0 and dead share are measured every so many steps. */
  readonly figuresEvery: number;
  readonly checkpointEvery: number;
  /** Samples that the figures at the end are measured on, at most. */
  readonly evaluationSamples: number;
  /** 0 = ONNX Runtime's own choice. The same number gives the same bits. */
  readonly threadCount: number;
}

/** Samples without a firing after which a feature is dead: 10 M, in the reference 2441 batches of 4096. */
const deadAfterSamples = 10_000_000;

/** A training of fewer steps than this has smaller batches, ... */
const stepsWanted = 2000;
/** ... but none smaller than this. */
const leastBatch = 512;
const referenceBatch = 4096;

/**
 * The reference's numbers where it has them, but for batch and learning rate: its 4096 and 1e-4 are for hundreds of
 * millions of cells. On 192,000 cells of the embedded model, n = 256, two epochs, they explained 31 to 34 % of the
 * variance, those below 90 to 93 %.
 *
 * @source sdxl-unbox scripts/train_sae.py (Adam, AuxK); dictionary_learning trainers/batch_top_k.py (decay 0.999),
 * trainers/top_k.py (rate: the scaling law of Gao et al., arXiv 2406.04093, figure 3)
 */
export const trainingDefaults = {
  ...{ epsilon: 6.25e-10, auxK: 256, auxCoefficient: 1 / 32 },
  /** 2e-4 / sqrt(n / 2^14): 0.0016 for 256 features, 0.00036 for 5,120. */
  learningRate: (nFeatures: number): number => 2e-4 / Math.sqrt(nFeatures / 2 ** 14),
  /** 4096, halved while the training has fewer than 2,000 steps, at least 512; fewer when the set is smaller. */
  batchSize: (sampleCount: number, epochs: number): number => {
    let size = referenceBatch;
    while (size > leastBatch && epochs * sampleCount < stepsWanted * size) size /= 2;
    return Math.max(2, Math.min(size, sampleCount));
  },
  deadAfterSteps: (batchSize: number): number =>
    Math.max(1, Math.round(deadAfterSamples / batchSize)),
  thresholdDecay: 0.999,
  ...{ figuresEvery: 10, evaluationSamples: 65_536, k: 10 },
} as const;

interface Range {
  readonly least: number;
  readonly most: number;
}

const whole = (least: number, most: number): Range => ({ least, most });
const count = whole(1, 2 ** 31 - 1);

const planRanges = (plan: SaePlan): Readonly<Record<string, Range>> => ({
  dModel: whole(1, 65_536),
  nFeatures: whole(2, 2 ** 20),
  k: whole(1, Math.min(plan.nFeatures, 1024)),
  auxK: whole(1, plan.nFeatures),
  deadAfterSteps: count,
  seed: whole(0, 2 ** 32 - 1),
});

const trainingRanges: Readonly<Record<string, Range>> = {
  batchSize: whole(2, 65_536),
  stepCount: count,
  seed: whole(0, 2 ** 32 - 1),
  figuresEvery: count,
  checkpointEvery: count,
  evaluationSamples: count,
  threadCount: whole(0, 256),
};

/** @throws `invalidInput` naming the value and the allowed range */
export function checkTrainingOptions(options: TrainingOptions): void {
  checkRanges('', options, trainingRanges);
  if (options.saes.length === 0) throw invalidInput('There is no SAE to train.');
  const names = new Set<string>();
  for (const plan of options.saes) {
    if (!/^[\w.-]{1,100}$/.test(plan.name)) {
      throw invalidInput(
        `"${plan.name}" cannot name an SAE; letters, digits, ".", "_" and "-" can.`,
      );
    }
    if (names.has(plan.name)) throw invalidInput(`Two SAEs are named "${plan.name}".`);
    names.add(plan.name);
    checkRanges(`${plan.name}: `, plan, planRanges(plan));
    checkNumber(`${plan.name}: learningRate`, plan.learningRate, 0, 1);
    checkNumber(`${plan.name}: epsilon`, plan.epsilon, 0, 1);
    checkNumber(`${plan.name}: auxCoefficient`, plan.auxCoefficient, 0, 1000, true);
    checkNumber(`${plan.name}: thresholdDecay`, plan.thresholdDecay, 0, 1, true);
  }
}

function checkRanges(
  prefix: string,
  values: object,
  ranges: Readonly<Record<string, Range>>,
): void {
  for (const [name, { least, most }] of Object.entries(ranges)) {
    const value = (values as Readonly<Record<string, unknown>>)[name];
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) continue;
    throw invalidInput(
      `${prefix}${name} is ${String(value)}; a whole number from ${String(least)} to ${String(most)} is needed.`,
    );
  }
}

function checkNumber(
  name: string,
  value: number,
  above: number,
  most: number,
  orEqual = false,
): void {
  if (value <= most && (orEqual ? value >= above : value > above)) return;
  throw invalidInput(
    `${name} is ${String(value)}; it must be ${orEqual ? 'from' : 'above'} ${String(above)} and at most ${String(most)}.`,
  );
}
