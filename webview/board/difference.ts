import type { Picture } from '../../src/protocol/engine.ts';
import type { PictureMap, ValueRange } from '../shared/picture/pictureMap.ts';

/**
 * `change`: mean |Δ| of the three channels, with the sign of the lightness change, so that no change is hidden.
 * `lightness`: the change of Rec. 709 luma alone. Both of 255.
 */
export type DifferenceKind = 'change' | 'lightness';

const lumaOf = (rgb: Uint8Array, at: number): number =>
  0.2126 * rgb[at]! + 0.7152 * rgb[at + 1]! + 0.0722 * rgb[at + 2]!;

/** edited - original at each pixel; exactly 0 where they are equal. @returns f32 `[height, width]` */
export function signedDifference(
  original: Picture,
  edited: Picture,
  kind: DifferenceKind,
): Float32Array {
  const [one, other] = [original.rgb, edited.rgb];
  const map = new Float32Array(original.width * original.height);
  for (let pixel = 0; pixel < map.length; pixel++) {
    const at = pixel * 3;
    const luma = lumaOf(other, at) - lumaOf(one, at);
    if (kind === 'lightness') {
      map[pixel] = luma;
      continue;
    }
    let sum = 0;
    for (let channel = at; channel < at + 3; channel++) {
      sum += Math.abs(other[channel]! - one[channel]!);
    }
    map[pixel] = luma < 0 ? -sum / 3 : sum / 3;
  }
  return map;
}

const kept = new WeakMap<Picture, Map<string, { readonly other: Picture; values: Float32Array }>>();

/** Remembered, since panels draw often. */
function differenceOf(original: Picture, edited: Picture, kind: DifferenceKind): Float32Array {
  const known = kept.get(edited) ?? new Map<string, { other: Picture; values: Float32Array }>();
  kept.set(edited, known);
  const found = known.get(kind);
  if (found?.other === original) return found.values;
  const values = signedDifference(original, edited, kind);
  known.set(kind, { other: original, values });
  return values;
}

export const largestOf = (values: Float32Array): number =>
  values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);

const maps = new WeakMap<Float32Array, PictureMap>();

/** @param limit where the colours end on both sides; the map's own largest without it */
export function differenceMap(
  original: Picture,
  edited: Picture,
  kind: DifferenceKind,
  limit?: number,
): PictureMap | undefined {
  if (original.width !== edited.width || original.height !== edited.height) return undefined;
  const values = differenceOf(original, edited, kind);
  const largest = limit ?? largestOf(values);
  const range: ValueRange = { min: -(largest || 1), max: largest || 1 };
  const known = maps.get(values);
  if (known?.range?.max === range.max) return known;
  const map: PictureMap = {
    name: kind === 'change' ? 'edited − original' : 'lightness change',
    values,
    cellsWide: original.width,
    cellsHigh: original.height,
    unit: 'of 255',
    colours: 'diverging',
    range,
  };
  maps.set(values, map);
  return map;
}

const neutrals = new Map<string, Picture>();

/** What lies under a difference map: the diverging scale's own middle. */
export function neutralPicture(width: number, height: number): Picture {
  const key = `${width} ${height}`;
  const known = neutrals.get(key);
  if (known) return known;
  const picture = { width, height, rgb: new Uint8Array(width * height * 3).fill(247) };
  neutrals.set(key, picture);
  return picture;
}

/** The original left of `share` of the width, the edited picture right of it, with a line between. */
export function swiped(original: Picture, edited: Picture, share: number): Picture {
  const { width, height } = original;
  if (edited.width !== width || edited.height !== height) return edited;
  const at = Math.round(width * share);
  const rgb = edited.rgb.slice();
  for (let y = 0; y < height; y++) {
    const row = y * width * 3;
    rgb.set(original.rgb.subarray(row, row + at * 3), row);
    if (at > 0 && at < width) rgb.fill(y % 4 < 2 ? 255 : 0, row + at * 3 - 3, row + at * 3);
  }
  return { width, height, rgb };
}
