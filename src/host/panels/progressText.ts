import type { GenerateProgress } from '../../protocol/engine.ts';
import { readOf } from '../../protocol/modelWords.ts';

export interface ProgressText {
  /** For people: "Denoising step 2 of 4". */
  readonly phase: string;
  /** 0 ... 1 of one picture; denoising is what takes long. */
  readonly fraction: number;
}

const denoisingFrom = 0.15;
const denoisingTo = 0.85;

export function progressText(progress: GenerateProgress): ProgressText {
  switch (progress.phase) {
    case 'waiting':
      return { phase: 'Waiting for the run before', fraction: 0 };
    case 'loading':
      return { phase: `Loading the model (${progress.part})`, fraction: 0.02 };
    case 'encodingText':
      return { phase: 'Reading the prompt', fraction: 0.1 };
    case 'denoising': {
      const { stepIndex, stepCount } = progress;
      const share = stepCount > 0 ? Math.min(stepIndex / stepCount, 1) : 0;
      const step = Math.min(stepIndex + 1, stepCount);
      return {
        phase: `Denoising step ${String(step)} of ${String(stepCount)}`,
        fraction: denoisingFrom + (denoisingTo - denoisingFrom) * share,
      };
    }
    case 'decoding':
      return { phase: 'Decoding the picture', fraction: denoisingTo };
    case 'hashing':
      return { phase: `Hashing the model’s files once: ${readOf(progress)}`, fraction: 0.9 };
    case 'saving':
      return { phase: 'Keeping the run', fraction: 0.95 };
  }
}
