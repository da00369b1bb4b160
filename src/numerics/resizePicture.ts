/** Weights of one output pixel along an axis: `weights[i]` belongs to input `first + i`, in units of 2^-22. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

const weightUnit = 2 ** 22;

interface Filter {
  /** Beyond it the weight is 0. */
  readonly reach: number;
  readonly weight: (t: number) => number;
}

const sinc = (t: number): number => (t === 0 ? 1 : Math.sin(t * Math.PI) / (t * Math.PI));

const cubic = (t: number): number => {
  const x = Math.abs(t);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
};

const filters = {
  lanczos: { reach: 3, weight: (t) => (t >= -3 && t < 3 ? sinc(t) * sinc(t / 3) : 0) },
  bicubic: { reach: 2, weight: cubic },
} as const satisfies Record<string, Filter>;

/**
 * Resampling with anti-aliasing, across and then down, each rounded to 8 bits, as Pillow does it: the filter is as wide
 * as the picture shrinks, so nothing is skipped.
 *
 *     out[x] = Σ_i in[i] · L((i + 0.5 - c) / s) / Σ_i L(...),  c = (x + 0.5) · in / out,  s = max(1, in / out)
 *     lanczos: L(t) = sinc(t) · sinc(t / 3) for |t| < 3;  bicubic: Keys' cubic with a = -0.5 for |t| < 2
 *
 * @param rgb u8 `[height, width, 3]`
 * @returns u8 `[toHeight, toWidth, 3]`; the same array where the size stays
 * @source Pillow 13 `Image.resize(size, Resampling.LANCZOS)` and `BICUBIC`, libImaging/Resample.c; checked against
 *   test/golden/pictures.json and looks.json, equal in every pixel
 */
export function resizePicture(
  rgb: Uint8Array,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number,
  filterName: keyof typeof filters = 'lanczos',
): Uint8Array {
  const filter = filters[filterName];
  const across = toWidth === width ? rgb : resampleRows(rgb, width, height, toWidth, filter);
  if (toHeight === height) return across;
  return resampleColumns(across, toWidth, height, toHeight, filter);
}

function resampleRows(
  rgb: Uint8Array,
  width: number,
  height: number,
  toWidth: number,
  filter: Filter,
): Uint8Array {
  const taps = tapsOf(width, toWidth, filter);
  const out = new Uint8ClampedArray(toWidth * height * 3);
  for (let y = 0; y < height; y++) {
    for (const [x, { first, weights }] of taps.entries()) {
      let [red, green, blue] = [weightUnit / 2, weightUnit / 2, weightUnit / 2];
      let at = (y * width + first) * 3;
      for (const weight of weights) {
        red += weight * rgb[at]!;
        green += weight * rgb[at + 1]!;
        blue += weight * rgb[at + 2]!;
        at += 3;
      }
      const to = (y * toWidth + x) * 3;
      out[to] = Math.floor(red / weightUnit);
      out[to + 1] = Math.floor(green / weightUnit);
      out[to + 2] = Math.floor(blue / weightUnit);
    }
  }
  return new Uint8Array(out.buffer);
}

function resampleColumns(
  rgb: Uint8Array,
  width: number,
  height: number,
  toHeight: number,
  filter: Filter,
): Uint8Array {
  const rowSize = width * 3;
  const out = new Uint8ClampedArray(rowSize * toHeight);
  const sums = new Float64Array(rowSize);
  for (const [y, { first, weights }] of tapsOf(height, toHeight, filter).entries()) {
    sums.fill(weightUnit / 2);
    for (const [i, weight] of weights.entries()) {
      const from = (first + i) * rowSize;
      for (let at = 0; at < rowSize; at++) sums[at]! += weight * rgb[from + at]!;
    }
    for (let at = 0; at < rowSize; at++) {
      out[y * rowSize + at] = Math.floor(sums[at]! / weightUnit);
    }
  }
  return new Uint8Array(out.buffer);
}

function tapsOf(size: number, toSize: number, filter: Filter): readonly Taps[] {
  const scale = size / toSize;
  const stretch = Math.max(1, scale);
  const reach = filter.reach * stretch;
  return Array.from({ length: toSize }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(size, Math.trunc(centre + reach + 0.5));
    const raw = Float64Array.from({ length: end - first }, (__, i) =>
      filter.weight((i + first - centre + 0.5) / stretch),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    const toUnits = (weight: number): number => {
      const scaled = (weight / sum) * weightUnit;
      return Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    };
    return { first, weights: raw.map(toUnits) };
  });
}
