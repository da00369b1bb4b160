import { meanOf } from '../../../numerics/meanOf.ts';
import { gradientLengths } from '../../../numerics/gradients.ts';
import { toLab } from '../../../numerics/lab.ts';
import { luminance } from '../../../numerics/luminance.ts';
import type { Picture } from '../../../protocol/engine.ts';
import { foregroundMask } from './foregroundMask.ts';

/** What the changes of a picture are measured on; computed once for an unedited picture and all its edits. */
export interface PictureTraits {
  readonly width: number;
  readonly height: number;
  readonly luminance: Float64Array; // [height, width], of 255
  readonly lab: Float64Array; // [height, width, 3]
  readonly foreground: Uint8Array; // [foregroundCells, foregroundCells]
  /** Gradient lengths of the luminance at mean 0 and standard deviation 1; all 0 for a flat picture. */
  readonly gradient: Float64Array; // [height, width]
}

/** Deviations of luminance, of 255, below which a picture counts as flat: rounding to 8 bits makes 0.29. */
const flat = 0.3;

export function traitsOf(picture: Picture): PictureTraits {
  const { rgb, width, height } = picture;
  const light = luminance(rgb);
  const mean = meanOf(light);
  const deviation = Math.sqrt(
    light.reduce((sum, value) => sum + (value - mean) ** 2, 0) / light.length,
  );
  const scale = deviation > flat ? 1 / deviation : 0;
  const gradient = gradientLengths(light, width, height).map((length) => length * scale);
  const lab = toLab(rgb);
  return { width, height, luminance: light, lab, foreground: foregroundMask(picture), gradient };
}
