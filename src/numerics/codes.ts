/**
 * Sparse codes of one block at one step of one picture, and the arithmetic that panels, trees and reports share.
 * A slot with value 0 is empty, whatever its id.
 */
export interface BlockCodes {
  readonly cellsHigh: number;
  readonly cellsWide: number;
  readonly nFeatures: number;
  /** Slots a cell: the SAE's `k` for TopK. */
  readonly slotCount: number;
  readonly ids: Int32Array; // [cellsHigh · cellsWide, slotCount]
  readonly values: Float32Array; // [cellsHigh · cellsWide, slotCount], >= 0
}

/** How strongly one feature was active in a set of cells. */
export interface FeatureActivity {
  readonly id: number;
  /** Sum over the cells divided by their number, inactive cells counted as 0. */
  readonly mean: number;
  readonly max: number;
  readonly sum: number;
  /** Cells in which it was active. */
  readonly cells: number;
}

export const ranks = ['mean', 'max', 'sum', 'cells'] as const;
export type Rank = (typeof ranks)[number];

/** Cells `left <= x < right`, `top <= y < bottom`. */
export interface CellRectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const cellCountOf = ({ cellsHigh, cellsWide }: BlockCodes): number => cellsHigh * cellsWide;

/**
 * Activity of every feature that was active in at least one of the cells, in no order.
 *
 * @param isIn which cells count (index `y · cellsWide + x`); all of them without it
 */
export function activities(
  codes: BlockCodes,
  isIn: (cell: number) => boolean = () => true,
): FeatureActivity[] {
  const found = new Map<number, { max: number; sum: number; cells: number }>();
  let cellCount = 0;
  for (let cell = 0; cell < cellCountOf(codes); cell++) {
    if (!isIn(cell)) continue;
    cellCount++;
    for (let slot = cell * codes.slotCount; slot < (cell + 1) * codes.slotCount; slot++) {
      const value = codes.values[slot]!;
      if (!(value > 0)) continue;
      const id = codes.ids[slot]!;
      const activity = found.get(id);
      if (activity) {
        activity.max = Math.max(activity.max, value);
        activity.sum += value;
        activity.cells++;
      } else {
        found.set(id, { max: value, sum: value, cells: 1 });
      }
    }
  }
  return [...found].map(([id, activity]) => ({ id, mean: activity.sum / cellCount, ...activity }));
}

/** The strongest first, ties by lower id. Does not change its input. */
export function ranked(list: readonly FeatureActivity[], by: Rank): FeatureActivity[] {
  return [...list].sort((a, b) => b[by] - a[by] || a.id - b.id);
}

/** Value of one feature in every cell. @returns f32 `[cellsHigh, cellsWide]` */
export function mapOf(codes: BlockCodes, id: number): Float32Array {
  const map = new Float32Array(cellCountOf(codes));
  for (let slot = 0; slot < codes.ids.length; slot++) {
    if (codes.ids[slot] === id) map[Math.floor(slot / codes.slotCount)] = codes.values[slot]!;
  }
  return map;
}

/** The features of one cell, strongest first. */
export function featuresOfCell(codes: BlockCodes, cell: number): { id: number; value: number }[] {
  const from = cell * codes.slotCount;
  return Array.from({ length: codes.slotCount }, (_, slot) => ({
    id: codes.ids[from + slot]!,
    value: codes.values[from + slot]!,
  }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || a.id - b.id);
}

/** How much stronger a feature is in one set of cells, or one picture, than in another. */
export interface Contrast {
  readonly id: number;
  /** Mean over the first set of cells. */
  readonly here: number;
  /** Mean over the second. */
  readonly there: number;
  /** `here - there`, in the feature's own unit. */
  readonly difference: number;
}

/** Features by how much stronger they are inside a rectangle than in the rest of the picture; the strongest first. */
export function contrastRectangle(codes: BlockCodes, area: CellRectangle): Contrast[] {
  const isIn = (cell: number): boolean => {
    const x = cell % codes.cellsWide;
    const y = Math.floor(cell / codes.cellsWide);
    return x >= area.left && x < area.right && y >= area.top && y < area.bottom;
  };
  return contrast(
    activities(codes, isIn),
    activities(codes, (cell) => !isIn(cell)),
  ).sort((a, b) => b.difference - a.difference || a.id - b.id);
}

/** Features by how differently two pictures use them, by size of the difference. */
export function contrastPictures(one: BlockCodes, other: BlockCodes): Contrast[] {
  return contrast(activities(one), activities(other)).sort(
    (a, b) => Math.abs(b.difference) - Math.abs(a.difference) || a.id - b.id,
  );
}

function contrast(here: readonly FeatureActivity[], there: readonly FeatureActivity[]): Contrast[] {
  const means = new Map<number, { here: number; there: number }>();
  for (const { id, mean } of here) means.set(id, { here: mean, there: 0 });
  for (const { id, mean } of there) means.set(id, { here: means.get(id)?.here ?? 0, there: mean });
  return [...means].map(([id, mean]) => ({ id, ...mean, difference: mean.here - mean.there }));
}
