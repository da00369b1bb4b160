import { interpolateCividis, interpolateRdBu, interpolateViridis } from 'd3-scale-chromatic';

/** Perceptually even, colour-blind safe scales; `diverging` has its pale middle at 0. */
export type ColourScaleName = 'viridis' | 'cividis' | 'diverging';

/** A scale in this many steps: one more would not be seen in 8 bits. */
export const colourScaleSteps = 256;

const interpolators: Record<ColourScaleName, (t: number) => string> = {
  viridis: interpolateViridis,
  cividis: interpolateCividis,
  // ColorBrewer's runs from red to blue; ours has blue below 0 and red above.
  diverging: (t) => interpolateRdBu(1 - t),
};

const tables = new Map<ColourScaleName, Uint8Array>();

/**
 * The colours of a scale from its lowest value to its highest.
 *
 * @returns sRGB, 8 bits, `[colourScaleSteps, 3]`; shared, not to be written to
 */
export function colourScale(name: ColourScaleName): Uint8Array {
  const known = tables.get(name);
  if (known) return known;
  const table = new Uint8Array(colourScaleSteps * 3); // [colourScaleSteps, 3]
  for (let step = 0; step < colourScaleSteps; step++) {
    table.set(parseColour(interpolators[name](step / (colourScaleSteps - 1))), step * 3);
  }
  tables.set(name, table);
  return table;
}

/** @throws Error for anything but `#rrggbb` and `rgb(r, g, b)` */
export function parseColour(text: string): [red: number, green: number, blue: number] {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (hex) return [parseInt(hex[1]!, 16), parseInt(hex[2]!, 16), parseInt(hex[3]!, 16)];
  const decimal = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(text);
  if (decimal) return [Number(decimal[1]), Number(decimal[2]), Number(decimal[3])];
  throw new Error(`Not a colour: ${text}`);
}
