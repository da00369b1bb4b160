import { colourScale, colourScaleSteps, parseColour } from '../../../src/numerics/colourScale.ts';
import { rangeOf, type PictureMap } from './pictureMap.ts';

/** Cells as squares, or values interpolated between the cells' middles. */
export type MapStyle = 'cells' | 'smooth';

/** Pixels with an alpha that says where the map has something to show; row-major. */
export interface PaintedMap {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>; // [height, width, 4]
}

/** Samples along a cell's side for the smooth style: a 16 x 16 map becomes 128 x 128, the browser does the rest. */
const smoothSamples = 8;

/**
 * Colours a map. Clear where a value is exactly 0 or not finite: a feature that is not active, or no difference,
 * leaves the picture as it is. Smooth interpolates values, not colours, which would leave the scale.
 */
export function paintMap(map: PictureMap, style: MapStyle): PaintedMap {
  const samples = style === 'smooth' ? smoothSamples : 1;
  const width = map.cellsWide * samples;
  const height = map.cellsHigh * samples;
  const rgba = new Uint8ClampedArray(width * height * 4); // [height, width, 4]
  const write = pixelWriter(map);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      if (samples === 1) write(rgba, at, map.values[y * width + x]!, 1);
      else {
        const { value, share } = interpolate(map, (x + 0.5) / samples, (y + 0.5) / samples);
        write(rgba, at, value, share);
      }
    }
  }
  return { width, height, rgba };
}

type PixelWriter = (rgba: Uint8ClampedArray, at: number, value: number, share: number) => void;

/** `share`: how much of a pixel's surroundings has a value, 0 ... 1. */
function pixelWriter(map: PictureMap): PixelWriter {
  const { min, max } = rangeOf(map);
  const scale = 1 / (max - min || 1);
  const { colours } = map;
  if (colours.startsWith('#')) {
    const [red, green, blue] = parseColour(colours);
    return (rgba, at, value, share) => {
      if (!isShown(value)) return;
      rgba[at] = red;
      rgba[at + 1] = green;
      rgba[at + 2] = blue;
      rgba[at + 3] = 255 * share * (value - min) * scale;
    };
  }
  const table = colourScale(colours as Exclude<typeof colours, `#${string}`>);
  return (rgba, at, value, share) => {
    if (!isShown(value)) return;
    const position = Math.min(1, Math.max(0, (value - min) * scale));
    const entry = Math.round(position * (colourScaleSteps - 1)) * 3;
    rgba[at] = table[entry]!;
    rgba[at + 1] = table[entry + 1]!;
    rgba[at + 2] = table[entry + 2]!;
    rgba[at + 3] = 255 * share;
  };
}

const isShown = (value: number): boolean => value !== 0 && Number.isFinite(value);

/** Bilinear between the middles of the four cells around a point (in cells); the edge continues outwards. */
function interpolate(map: PictureMap, x: number, y: number): { value: number; share: number } {
  const { cellsWide, cellsHigh, values } = map;
  const left = Math.floor(x - 0.5);
  const top = Math.floor(y - 0.5);
  const rightShare = x - 0.5 - left;
  const bottomShare = y - 0.5 - top;
  let sum = 0;
  let finite = 0;
  let shown = 0;
  for (let corner = 0; corner < 4; corner++) {
    const isRight = corner % 2;
    const isBottom = corner >> 1;
    const column = Math.min(cellsWide - 1, Math.max(0, left + isRight));
    const row = Math.min(cellsHigh - 1, Math.max(0, top + isBottom));
    const value = values[row * cellsWide + column]!;
    const weight =
      (isRight ? rightShare : 1 - rightShare) * (isBottom ? bottomShare : 1 - bottomShare);
    if (!Number.isFinite(value)) continue;
    sum += weight * value;
    finite += weight;
    if (value !== 0) shown += weight;
  }
  return { value: finite > 0 ? sum / finite : 0, share: shown };
}
