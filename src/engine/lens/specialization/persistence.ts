import type { StepReading } from '../../../protocol/features.ts';

/**
 * How alike two steps' codes are, cell by cell: the cosine of all codes of all cells as one vector, and
 * `|A ∩ B| / |A ∪ B|` of the sets of (cell, active feature).
 *
 * @returns 0 and 0 where one of the two has no active feature
 */
export function persistence(
  one: Pick<StepReading, 'ids' | 'values' | 'norm'>,
  other: Pick<StepReading, 'ids' | 'values' | 'norm'>,
): { readonly cosine: number; readonly iou: number } {
  const [a, b] = [codesOf(one), codesOf(other)];
  let [product, both] = [0, 0];
  for (const [key, value] of a) {
    const same = b.get(key);
    if (same === undefined) continue;
    product += value * same;
    both++;
  }
  const length = (codes: ReadonlyMap<number, number>): number =>
    Math.sqrt([...codes.values()].reduce((sum, value) => sum + value * value, 0));
  const lengths = length(a) * length(b);
  const either = a.size + b.size - both;
  return { cosine: lengths > 0 ? product / lengths : 0, iou: either > 0 ? both / either : 0 };
}

/** `|A ∩ B| / |A ∪ B|` of the active features of each cell; 0 where there are none. */
export function sharedFeatures(
  one: Pick<StepReading, 'ids' | 'values' | 'norm'>,
  other: Pick<StepReading, 'ids' | 'values' | 'norm'>,
): Float32Array {
  const [a, b] = [codesOf(one), codesOf(other)];
  const [both, either] = [new Float32Array(one.norm.length), new Float32Array(one.norm.length)];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const cell = Math.floor(key / cellKey);
    either[cell]!++;
    if (a.has(key) && b.has(key)) both[cell]!++;
  }
  return both.map((count, cell) => count / Math.max(1, either[cell]!)); // [cells]
}

/** A code's key is its feature and so much for each cell before its own. */
const cellKey = 2 ** 24;

/** Active codes by cell and feature. */
function codesOf({
  ids,
  values,
  norm,
}: Pick<StepReading, 'ids' | 'values' | 'norm'>): ReadonlyMap<number, number> {
  const slotCount = ids.length / norm.length;
  const codes = new Map<number, number>();
  values.forEach((value, slot) => {
    if (value > 0) codes.set(Math.floor(slot / slotCount) * cellKey + ids[slot]!, value);
  });
  return codes;
}
