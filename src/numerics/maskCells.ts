import { areaMean } from './areaMean.ts';

/** A painted mask as recipes hold it; see `protocol/recipe.ts`. */
export type PaintedMask =
  | {
      readonly kind: 'pixels';
      readonly rule: 'fractional' | 'binary';
      readonly width: number;
      readonly height: number;
      readonly runs: readonly number[];
    }
  | {
      readonly kind: 'cells';
      readonly cellsHigh: number;
      readonly cellsWide: number;
      readonly weights: readonly number[];
    };

/**
 * The weight of each cell of a stage: the mean of what was painted on it, or 1 where that is above 0.
 *
 * @returns f32 `[cellsHigh, cellsWide]`, 0 ... 1
 * @throws RangeError when runs or weights do not fill the mask, or a value is outside of its range
 */
export function maskCells(
  mask: PaintedMask,
  cellsHigh: number,
  cellsWide: number,
): Float32Array<ArrayBuffer> {
  if (mask.kind === 'cells') {
    const { cellsHigh: high, cellsWide: wide, weights } = mask;
    if (weights.length !== high * wide) {
      throw new RangeError(
        `The mask has ${String(weights.length)} weights for ${String(high)} x ${String(wide)} cells.`,
      );
    }
    const bad = weights.find((weight) => !(weight >= 0 && weight <= 1));
    if (bad !== undefined) {
      throw new RangeError(`The mask has the weight ${String(bad)}; allowed are 0 to 1.`);
    }
    return areaMean({ high, wide, values: weights }, cellsHigh, cellsWide);
  }
  const { width, height, rule } = mask;
  const means = areaMean(
    { high: height, wide: width, values: expandRuns(mask) },
    cellsHigh,
    cellsWide,
  );
  return rule === 'fractional'
    ? means.map((mean) => mean / 255)
    : means.map((m) => (m > 0 ? 1 : 0));
}

/** @returns u8 `[height, width]` */
export function expandRuns(mask: {
  readonly width: number;
  readonly height: number;
  readonly runs: readonly number[];
}): Uint8Array<ArrayBuffer> {
  const { width, height, runs } = mask;
  const pixels = new Uint8Array(width * height);
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const [count, value] = [runs[i] ?? -1, runs[i + 1] ?? -1];
    if (!(count >= 0 && value >= 0 && value <= 255 && at + count <= pixels.length)) {
      throw new RangeError(
        `Run ${String(i / 2)} of the mask is ${String(count)} pixels of ${String(value)} at pixel ${String(at)} of ${String(pixels.length)}.`,
      );
    }
    pixels.fill(value, at, at + count);
    at += count;
  }
  if (at === pixels.length) return pixels;
  throw new RangeError(
    `The mask's runs have ${String(at)} pixels; ${String(width)} x ${String(height)} has ${String(pixels.length)}.`,
  );
}

/** The shortest runs of a painted picture. @param pixels u8 `[height, width]` */
export function encodeRuns(pixels: Uint8Array): number[] {
  const runs: number[] = [];
  let start = 0;
  for (let i = 1; i <= pixels.length; i++) {
    if (i < pixels.length && pixels[i] === pixels[start]) continue;
    runs.push(i - start, pixels[start] ?? 0);
    start = i;
  }
  return runs;
}
