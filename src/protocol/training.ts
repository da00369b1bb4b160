import { defineRequest } from './request.ts';

/** The name of the job kind; its params are `TrainParams`. */
export const trainKind = 'train';

export const trainingRules = ['topk', 'batchtopk'] as const;
export const trainingExports = ['sdxl-unbox', 'saelens'] as const;

/** SAEs to train on a collected set: one for each block, size and k. What is left out is as in the reference. */
export interface TrainParams {
  /** The collected set. Absolute. */
  readonly setDir: string;
  /** Folder of the training: new, or holding this training in part. Absolute. */
  readonly dir: string;
  /** Short names or paths; default: all blocks of the set. */
  readonly blocks?: readonly string[] | undefined;
  /** Steps of the set whose updates are mixed, from 0; default: all. */
  readonly steps?: readonly number[] | undefined;
  readonly nFeatures: readonly number[];
  readonly k: readonly number[];
  /** `topk` (default): k features in each cell; `batchtopk`: k on average. */
  readonly rule?: (typeof trainingRules)[number] | undefined;
  /** How often each cell is seen; default 10. */
  readonly epochs?: number | undefined;
  /** Cells a step; default 4096, down to 512 in a short training. */
  readonly batchSize?: number | undefined;
  /** Of Adam, above 0, at most 1; default 2e-4 / sqrt(nFeatures / 2^14). */
  readonly learningRate?: number | undefined;
  readonly auxK?: number | undefined;
  /** Cells without a firing after which a feature is dead; default 10 million, at most a tenth of the training. */
  readonly deadAfterSamples?: number | undefined;
  readonly seed?: number | undefined;
  /** Threads inside an operator; 0 (default) = automatic. Only the same number gives the same bits. */
  readonly threads?: number | undefined;
  /** Other programs' forms, written beside ours. */
  readonly exports?: readonly (typeof trainingExports)[number][] | undefined;
}

/** What a training would do, before it starts. */
export interface TrainPlan {
  readonly dir: string;
  readonly saes: readonly {
    readonly name: string;
    readonly block: string;
    readonly dModel: number;
    readonly nFeatures: number;
    readonly k: number;
    readonly learningRate: number;
  }[];
  /** Cells that each SAE learns from. */
  readonly sampleCount: number;
  readonly batchSize: number;
  readonly stepCount: number;
  /** Steps that the folder holds already, from a run before. */
  readonly doneSteps: number;
  readonly deadAfterSteps: number;
  /** Parameters, their running means and one batch's sums, all SAEs together: about. */
  readonly memoryBytes: number;
}

/** What a collected set offers to a training. */
export interface TrainingSet {
  readonly pictureCount: number;
  readonly blocks: readonly { readonly block: string; readonly dModel: number }[];
  /** From 0. */
  readonly steps: readonly number[];
}

/** One step's batch, of one SAE. */
interface TrainingFigures {
  readonly loss: number;
  /** The part of `loss` that dead features earn by rebuilding what is left. */
  readonly auxLoss: number;
  /** mean_d(1 - Var(x_hat - x) / (Var(x) + 1e-8)), at most 1. */
  readonly explainedVariance: number;
  /** Mean number of active features a cell. */
  readonly l0: number;
  readonly deadCount: number;
}

/** How a training goes, or went. */
export interface TrainingView {
  /** Its set was collected from the small model that comes with the extension. */
  readonly isEmbedded: boolean;
  readonly setDir: string;
  readonly dir: string;
  /** Null until it has begun. */
  readonly plan: TrainPlan | null;
  /** By step, each with the figures of all SAEs by name; evenly fewer than were measured when there are many. */
  readonly points: readonly {
    readonly step: number;
    readonly saes: Readonly<Record<string, TrainingFigures>>;
  }[];
  /** Points that were measured. */
  readonly pointCount: number;
  /** Once it is over. */
  readonly trained: readonly {
    readonly name: string;
    readonly block: string;
    /** With `sae.json`. Absolute. */
    readonly folder: string;
    /** SHA-256 of its weights, hex: the same after it was imported. */
    readonly sha256: string;
    /** Over the samples it was measured on at the end. */
    readonly explainedVariance: number;
  }[];
}

/** @throws `invalidInput` naming what does not fit */
export const planTraining = defineRequest<TrainParams, TrainPlan>('training/plan');
/** @throws `invalidInput` for a folder that is no collected set */
export const describeTrainingSet = defineRequest<{ readonly setDir: string }, TrainingSet>(
  'training/describeSet',
);
/** @throws `invalidInput` when there is no such job, or it is not a training */
export const readTraining = defineRequest<{ readonly jobId: string }, TrainingView>(
  'training/read',
);
