import { timeLeftWords } from '../duration.ts';
import { significant } from '../../../src/numerics/significant.ts';

/** How far a job is. What is not known is left out, never guessed. */
export interface JobProgress {
  /** "Denoising step 2 of 4". */
  readonly phase: string;
  /** 0 ... 1 of the whole job. */
  readonly fraction: number;
  readonly count?: { readonly done: number; readonly total: number; readonly unit: string };
  readonly rate?: { readonly perSecond: number; readonly unit: string };
  readonly leftMs?: number | undefined;
}

/** The line beside the phase: "picture 2 of 4 · 31 samples/s · about 8 s left". */
export function jobWords({ count, rate, leftMs }: JobProgress): string {
  return [
    count && `${count.unit} ${count.done} of ${count.total}`,
    rate && `${significant(rate.perSecond)} ${rate.unit}/s`,
    leftMs !== undefined && timeLeftWords(leftMs),
  ]
    .filter(Boolean)
    .join(' · ');
}
