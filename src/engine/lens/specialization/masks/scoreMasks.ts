import { maskArms, type MaskScoreRow } from '../reportRows.ts';
import type { SceneMasks } from './maskFile.ts';

/** Pictures with a noun that each half needs. */
export const maskPicturesMin = 4;

type Block = SceneMasks['blocks'][string];
type Arm = MaskScoreRow['arm'];

/** A block in a picture that shows a noun. */
interface Shown {
  readonly block: Block;
  /** Of the noun. */
  readonly mask: readonly number[];
}

/**
 * How well a dictionary's best single feature marks the cells that show a noun: `IoU = Σ |active ∩ mask| / Σ |active ∪
 * mask|` over pictures that show it. The feature is chosen on pictures of even number (ties: the lower id) and measured on
 * odd ones; its null has the mask of the next of these pictures in place of each one's own. Where a half has too few
 * pictures nothing is told.
 *
 * @param all masks of the report's scenes
 * @returns one row a dictionary that the report has
 * @source our definition (IoU between a unit and a concept's mask: Bau et al. 2017, "Network Dissection"); checked on planted masks
 */
export function scoreMasks(
  { block, noun }: Pick<MaskScoreRow, 'block' | 'noun'>,
  all: readonly SceneMasks[],
): readonly MaskScoreRow[] {
  const sorted = [...all].sort((a, b) => a.scene - b.scene);
  const half = (rest: number): readonly Shown[] =>
    sorted.flatMap(({ scene, nouns, blocks }): Shown[] => {
      const own = blocks[block];
      const mask = own?.masks[nouns.findIndex((each) => each.noun === noun)];
      return scene % 2 === rest && own && mask ? [{ block: own, mask }] : [];
    });
  const [choosing, measuring] = [half(0), half(1)];
  const isEnough = Math.min(choosing.length, measuring.length) >= maskPicturesMin;
  const shuffled = measuring.map(({ block: own }, i) => ({
    block: own,
    mask: measuring[(i + 1) % measuring.length]?.mask ?? [],
  }));
  const arms = maskArms.filter(
    (arm) => arm !== 'component' || all.some(({ blocks }) => blocks[block]?.active.component),
  );
  return arms.map((arm): MaskScoreRow => {
    const head = { kind: 'maskScore', block, arm, noun } as const;
    const counts = { choosing: choosing.length, measuring: measuring.length };
    const feature = isEnough ? bestOf(overlaps(choosing, arm)) : undefined;
    if (feature === undefined) return { ...head, feature: null, iou: null, shuffled: null, ...counts }; // prettier-ignore
    const iouIn = (shown: readonly Shown[]): number => overlaps(shown, arm).get(feature) ?? 0;
    return { ...head, feature, iou: iouIn(measuring), shuffled: iouIn(shuffled), ...counts };
  });
}

/** IoU over pictures of each feature that is active in one of them. */
export function overlaps(shown: readonly Shown[], arm: Arm): ReadonlyMap<number, number> {
  const sums = new Map<number, { both: number; active: number }>();
  let maskSum = 0;
  for (const { block, mask } of shown) {
    const isIn = new Uint8Array(block.cellCount);
    for (const cell of mask) isIn[cell] = 1;
    maskSum += mask.length * block.stepCount;
    const { ids, counts, cells } = block.active[arm] ?? { ids: [], counts: [], cells: [] };
    let at = 0;
    ids.forEach((id, i) => {
      const sum = sums.get(id) ?? { both: 0, active: 0 };
      sums.set(id, sum);
      for (const end = at + (counts[i] ?? 0); at < end; at++) {
        sum.active++;
        sum.both += isIn[(cells[at] ?? 0) % block.cellCount] ?? 0;
      }
    });
  }
  return new Map([...sums].map(([id, { both, active }]) => [id, both / (active + maskSum - both)]));
}

function bestOf(scores: ReadonlyMap<number, number>): number | undefined {
  const [best] = [...scores].sort(([a, one], [b, other]) => other - one || a - b);
  return best?.[0];
}
