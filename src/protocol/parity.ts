import type { GenerateProgress } from './engine.ts';
import type { Provider } from './provider.ts';
import type { PictureBase } from './recipe.ts';
import { defineRequest } from './request.ts';

/** How far one block's codes are from those that the CPU reads of the same picture. */
export interface BlockParity {
  readonly block: string;
  /** Cells of all steps. */
  readonly cellCount: number;
  /** Cells in which exactly the same features are active. */
  readonly equalCellCount: number;
  /** Largest strength that the CPU read. */
  readonly largestValue: number;
  /** Largest difference between strengths, a feature that only one side has counted with its whole strength. */
  readonly largestError: number;
}

/** What a provider's numbers are worth: one picture with it, and the same one on the CPU. */
export interface ParityReport {
  readonly provider: Provider;
  /** How the U-net ran there: `tapped` in one session, on the CPU as a `chain` of segments. */
  readonly form: 'tapped';
  readonly blocks: readonly BlockParity[];
  readonly picture: {
    /** Of 255. */
    readonly largestError: number;
    readonly meanError: number;
    readonly ssim: number;
  };
  /** Time inside ONNX Runtime, in ms, of the second picture of each: the first one warms up. */
  readonly runMs: { readonly cpu: number; readonly provider: number };
  /** What is known to differ there, in words; empty for most. */
  readonly note: string;
}

/**
 * Makes a picture with a provider and on the CPU and compares what was read. With provider `cpu` the graph in one
 * session is compared with the chain.
 *
 * @throws as `picture/generate`
 */
export const reportParity = defineRequest<
  { modelDir: string; provider: Provider; base: PictureBase },
  ParityReport,
  GenerateProgress
>('provider/parity');
