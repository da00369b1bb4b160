/** Which pre-activations of a batch are kept: `k` in every sample, or the `k · batchSize` largest of all. */
export type SelectionRule = 'topk' | 'batchtopk';

/** Sizes of one training step; they are fixed when its graphs are written. */
export interface StepShape {
  readonly dModel: number;
  readonly nFeatures: number;
  readonly k: number;
  readonly rule: SelectionRule;
  /** Samples a step. */
  readonly batchSize: number;
  /** Dead features that rebuild the residual, at most. */
  readonly auxK: number;
  /** Weight of the auxiliary loss. */
  readonly auxCoefficient: number;
}
