import { activities, type BlockCodes } from './codes.ts';

/** How much stronger a feature is in a picture than in its control, under the same noises. */
export interface NoiseContrast {
  readonly id: number;
  /** Mean over the noises of `S(picture) - S(control)`, S the mean over the cells, inactive ones counted as 0. */
  readonly difference: number;
  /** Standard deviation of that difference over the noises (n - 1); null for a single noise. */
  readonly spread: number | null;
  /** Mean of S over the noises, in the picture and in the control. */
  readonly picture: number;
  readonly control: number;
  /** Noises under which it was active in the picture. */
  readonly activeCount: number;
}

/**
 * Features of a picture against a control that was read under the same noises, by how much stronger they are in the
 * picture; the strongest first, ties by lower id.
 *
 *     d_n = S_n(picture) - S_n(control)      difference = mean_n d_n      spread = sqrt(Σ (d_n - difference)² / (N - 1))
 *
 * @param picture codes by noise; `control` has the same noises in the same order, and no others
 * @param isIn which cells count (index `y · cellsWide + x`); all of them without it
 */
export function contrastNoises(
  picture: readonly BlockCodes[],
  control: readonly BlockCodes[],
  isIn?: (cell: number) => boolean,
): NoiseContrast[] {
  const count = picture.length;
  if (control.length !== count) {
    throw new RangeError(
      `${String(count)} noises of the picture, ${String(control.length)} of the control`,
    );
  }
  const meansOf = (codes: BlockCodes): ReadonlyMap<number, number> =>
    new Map(activities(codes, isIn).map(({ id, mean }) => [id, mean]));
  const here = picture.map(meansOf);
  const there = control.map(meansOf);
  const ids = new Set([...here, ...there].flatMap((means) => [...means.keys()]));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / count;
  return [...ids]
    .map((id): NoiseContrast => {
      const ofPicture = here.map((means) => means.get(id) ?? 0);
      const ofControl = there.map((means) => means.get(id) ?? 0);
      const differences = ofPicture.map((value, n) => value - ofControl[n]!);
      const difference = mean(differences);
      const squares = differences.reduce((sum, value) => sum + (value - difference) ** 2, 0);
      return {
        id,
        difference,
        spread: count > 1 ? Math.sqrt(squares / (count - 1)) : null,
        picture: mean(ofPicture),
        control: mean(ofControl),
        activeCount: here.filter((means) => means.has(id)).length,
      };
    })
    .sort((a, b) => b.difference - a.difference || a.id - b.id);
}
