import type { BlockReading, StepReading } from '../../../protocol/features.ts';
import { significant } from '../../../numerics/significant.ts';
import { markKey } from './charts/chartData.ts';
import { sharedFeatures } from './persistence.ts';
import { promptAfter, type SettledReport } from './reportManifest.ts';
import type { ReportRow } from './reportRows.ts';

/** A picture behind a mark about steps, and what its cells say. */
export interface StepsPicture {
  readonly block: string;
  readonly prompt: number;
  /** Whose later step it is compared with; undefined: its own, or none. */
  readonly otherPrompt: number | undefined;
  readonly label: string;
  /** What a bright cell means. */
  readonly name: string;
  /** 0 ... 1 by cell. @throws `RangeError` for readings of fewer steps */
  readonly shares: (own: BlockReading, other: BlockReading) => Float32Array; // [cells]
}

/** The pictures behind a mark of charts 10 and 11, from the lowest R² or IoU to the highest; empty for another key. */
export function stepsBehind(
  key: string,
  settled: SettledReport,
  rows: readonly ReportRow[],
): readonly StepsPicture[] {
  return rows
    .flatMap((row): (StepsPicture & { readonly figure: number })[] => {
      if (row.kind === 'stay') {
        if (markKey(row) !== key) return [];
        const { block, prompt, arm, from, to, cosine, iou } = row;
        const otherPrompt = arm === 'other' ? promptAfter(prompt, settled) : undefined;
        const what = `${block}, step ${from + 1} and ${otherPrompt === undefined ? '' : 'the next prompt’s '}step ${to + 1}`;
        const label = `${what}: IoU ${significant(iou)}, cosine ${significant(cosine)}`;
        const shares: StepsPicture['shares'] = (own, other) =>
          sharedFeatures(stepOf(own, from), stepOf(other, to));
        return [{ block, prompt, otherPrompt, label, name: 'Cells by features that stay', shares, figure: iou }]; // prettier-ignore
      }
      if (row.kind !== 'steps') return [];
      const { block, prompt, error, spread, l0 } = row;
      const step = error.findIndex((_, at) => markKey({ kind: 'steps', block, step: at }) === key);
      if (step < 0) return [];
      const figure = 1 - error[step]! / spread[step]!;
      const label = `${block}, step ${step + 1}: R² ${significant(figure)}, ${significant(l0[step]!)} active features a cell`;
      const shares: StepsPicture['shares'] = (own) => explained(stepOf(own, step));
      return [{ block, prompt, otherPrompt: undefined, label, name: 'Cells by what the SAE explains', shares, figure }]; // prettier-ignore
    })
    .sort((a, b) => a.figure - b.figure);
}

/** `1 - ‖ΔD - h_hat‖² / ‖ΔD - mean‖²` of each cell, 0 where that is below 0 or nothing is to be explained. */
function explained({ error, spread }: StepReading): Float32Array {
  return error.map((value, cell) => (spread[cell]! > value ? 1 - value / spread[cell]! : 0));
}

function stepOf({ block, steps }: BlockReading, step: number): StepReading {
  const found = steps[step];
  if (found) return found;
  throw new RangeError(`The picture has ${steps.length} steps at ${block}, not ${step + 1}.`);
}
