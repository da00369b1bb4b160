import type { AcceptanceProgress } from '../../protocol/saes.ts';
import { progressText, type ProgressText } from './progressText.ts';

/** Pictures take the longer part on every model; the rest is arithmetic on what they gave. */
const picturesTo = 0.7;
const stepsTo = 0.8;
/** Readings that are tried; there may be some more or fewer. */
const usualReadings = 14;

/** How far a report is, in words and as a share of the whole. */
export function acceptanceProgress(progress: AcceptanceProgress): ProgressText {
  switch (progress.phase) {
    case 'pictures': {
      const { donePictures, totalPictures, within } = progress;
      if (donePictures === totalPictures) return { phase: 'Measuring', fraction: picturesTo };
      const inner = within && progressText(within);
      const fraction = (picturesTo * (donePictures + (inner?.fraction ?? 0))) / totalPictures;
      const phase = `Picture ${String(donePictures + 1)} of ${String(totalPictures)}`;
      return { phase: inner ? `${phase}: ${uncapitalised(inner.phase)}` : phase, fraction };
    }
    case 'steps': {
      const { doneSteps, totalSteps } = progress;
      const fraction = picturesTo + ((stepsTo - picturesTo) * doneSteps) / totalSteps;
      return { phase: `Measuring step ${String(doneSteps)} of ${String(totalSteps)}`, fraction };
    }
    case 'readings': {
      const share = Math.min(1, progress.doneReadings / usualReadings);
      return {
        phase: `Trying other readings: ${progress.name}`,
        fraction: stepsTo + (1 - stepsTo) * share,
      };
    }
  }
}

const uncapitalised = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
