import { deltaE2000 } from '../../../numerics/deltaE.ts';
import { frequencyShares, type FrequencyShares } from '../../../numerics/octaves.ts';
import { wasserstein } from '../../../numerics/wasserstein.ts';
import { foregroundCells, foregroundMethod } from './foregroundMask.ts';
import type { PictureTraits } from './pictureTraits.ts';

/** The factors of an effect profile, and what each is in a line. */
export const changeFormulas = {
  layout: `1 - IoU of the foreground masks (${foregroundMethod}); two empty masks: 0`,
  colour: 'mean ΔE2000 of the pixels where neither an edge nor the foreground moved',
  texture:
    'Wasserstein distance between the gradient lengths of the luminance, both pictures at mean 0 and standard deviation 1',
} as const;
export type ChangeFactor = keyof typeof changeFormulas;
export const changeFactors = Object.keys(changeFormulas) as readonly ChangeFactor[];

/**
 * How much of the foreground is somewhere else: `1 - |A ∩ B| / |A ∪ B|`.
 *
 * @returns 0 ... 1; 0 for two pictures without a foreground
 */
export function layoutChange(before: PictureTraits, after: PictureTraits): number {
  let [both, either] = [0, 0];
  before.foreground.forEach((isIn, cell) => {
    both += isIn & after.foreground[cell]!;
    either += isIn | after.foreground[cell]!;
  });
  return either > 0 ? 1 - both / either : 0;
}

export interface ColourChange {
  /** Mean ΔE2000; null where no pixel stayed in place. */
  readonly deltaE: number | null;
  /** Of the picture, 0 ... 1: pixels that count. */
  readonly share: number;
}

/** Standard deviations of luminance a pixel: an outline of one pixel between two equal halves has 1. */
const edgeLength = 0.25;

/**
 * Colour where nothing moved: mean ΔE2000 over the pixels that are near an edge in both pictures or in neither, and
 * whose cell is foreground in both or in neither. Near: an edge within one pixel; an edge: a gradient of the standardised
 * luminance above 0.25 a pixel.
 */
export function colourChange(before: PictureTraits, after: PictureTraits): ColourChange {
  const { width, height } = before;
  const [one, other] = [nearEdges(before), nearEdges(after)];
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * foregroundCells) / height) * foregroundCells;
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const cell = row + Math.floor((x * foregroundCells) / width);
      if (one[at] !== other[at] || before.foreground[cell] !== after.foreground[cell]) continue;
      sum += deltaE2000(before.lab, after.lab, 3 * at);
      count++;
    }
  }
  return { deltaE: count > 0 ? sum / count : null, share: count / (width * height) };
}

/** @returns u8 `[height, width]`, 1 where an edge is at most one pixel away */
function nearEdges({ gradient, width, height }: PictureTraits): Uint8Array {
  const near = new Uint8Array(width * height);
  gradient.forEach((length, at) => {
    if (!(length > edgeLength)) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        near[v * width + u] = 1;
      }
    }
  });
  return near;
}

/**
 * How differently rough two pictures are, wherever: the Wasserstein distance between the distributions of their
 * gradient lengths. At mean 0 and deviation 1 it does not see brightness and contrast; a thing that only moved keeps
 * its gradients.
 */
export const textureChange = (before: PictureTraits, after: PictureTraits): number =>
  wasserstein(before.gradient, after.gradient);

/** The change of luminance by the size of what changed; null where nothing did, and below 16 pixels a side. */
export const frequencySplit = (
  before: PictureTraits,
  after: PictureTraits,
): FrequencyShares | null =>
  frequencyShares(
    after.luminance.map((value, i) => value - before.luminance[i]!),
    before.width,
    before.height,
  );
