import assert from 'node:assert/strict';
import { parseColour } from '../../src/numerics/colourScale.ts';
import { blocks } from './blocks.ts';

type Triple = readonly [number, number, number];

const linear = (hex: string): Triple =>
  parseColour(hex).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;

const dot = (row: Triple, colour: Triple) =>
  row[0] * colour[0] + row[1] * colour[1] + row[2] * colour[2];
const clamp = (value: number) => Math.min(1, Math.max(0, value));

/** Machado, Oliveira and Fernandes 2009, severity 1.0, on linear light. */
const sights: Record<string, readonly [Triple, Triple, Triple]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Oklab x 100 (Ottosson 2020). */
function oklab(colour: Triple): Triple {
  const l = Math.cbrt(dot([0.4122214708, 0.5363325363, 0.0514459929], colour));
  const m = Math.cbrt(dot([0.2119034982, 0.6806995451, 0.1073969566], colour));
  const s = Math.cbrt(dot([0.0883024619, 0.2817188376, 0.6299787005], colour));
  return [
    100 * dot([0.2104542553, 0.793617785, -0.0040720468], [l, m, s]),
    100 * dot([1.9779984951, -2.428592205, 0.4505937099], [l, m, s]),
    100 * dot([0.0259040371, 0.7827717662, -0.808675766], [l, m, s]),
  ];
}

const luminance = (colour: Triple) => dot([0.2126, 0.7152, 0.0722], colour);
function contrast(one: string, other: string): number {
  const [low, high] = [luminance(linear(one)), luminance(linear(other))].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

describe('blocks', () => {
  for (const [sight, rows] of Object.entries(sights)) {
    it(`have colours that differ for ${sight} sight`, () => {
      const seen = blocks.map(({ colour }) => {
        const light = linear(colour);
        return oklab(rows.map((row) => clamp(dot(row, light))) as unknown as Triple);
      });
      for (const [index, one] of seen.entries()) {
        for (const other of seen.slice(index + 1)) {
          assert.ok(Math.hypot(...one.map((value, axis) => value - other[axis]!)) >= 12);
        }
      }
    });
  }

  it('stand out from light and dark backgrounds', () => {
    for (const { name, colour } of blocks) {
      assert.ok(contrast(colour, '#ffffff') >= 3, name);
      assert.ok(contrast(colour, '#1f1f1f') >= 3, name);
    }
  });
});
