import { meanOf } from '../../../../numerics/meanOf.ts';
import { sparseColumns } from '../factors/sceneColumns.ts';
import type { SceneCodes } from '../factors/sceneFile.ts';
import type { SettledReport } from '../reportManifest.ts';

/** A feature that is added to make a class appear. */
export interface Aim {
  readonly feature: number;
  /** Of the factor's classes. */
  readonly name: string;
}

/** Scenes in which a class has to be seen, and in which a feature has to be active. */
const scenesMin = 5;

/** Probabilities nearer to 0 or 1 than this count as this near. */
const nearest = 1e-4;

/** `ln(p / (1 - p))`, of p between 0.0001 and 0.9999. */
export function logit(probability: number): number {
  const p = Math.min(1 - nearest, Math.max(nearest, probability));
  return Math.log(p / (1 - p));
}

const known = new WeakMap<
  readonly SceneCodes[],
  Map<string, ReadonlyMap<string, readonly Aim[]>>
>();

/**
 * By factor, the features of a block that go with its classes in the scenes, up to `featureCount`: to each class that is
 * seen (p > 0.5) in five scenes the feature whose mean code correlates with the class's logit best (Pearson, above 0,
 * active in five scenes), then to each the next, and so on; a feature once a factor.
 *
 * @param scenes all of the report: other prompts than those that measure
 */
export function aimsOf(
  block: string,
  { classifier, featureCount }: SettledReport,
  scenes: readonly SceneCodes[],
): ReadonlyMap<string, readonly Aim[]> {
  const byBlock = known.get(scenes) ?? new Map<string, ReadonlyMap<string, readonly Aim[]>>();
  known.set(scenes, byBlock);
  const before = byBlock.get(block);
  if (before) return before;
  const columns = sparseColumns(scenes, ({ blocks }) => blocks[block]?.codes)
    .filter(({ values }) => Array.from(values).filter((value) => value > 0).length >= scenesMin)
    .map(({ id, values }) => ({ id, values: standardised(values) }));
  const aims = new Map(
    (classifier?.factors ?? []).map(({ name: factor, classes, isChoice }) => {
      const ranked = classes.flatMap((name, index) => {
        const seen = scenes.map((scene) => scene.seen?.[factor]?.[index] ?? 0);
        if (!isChoice && name === 'none') return [];
        if (seen.filter((value) => value > 0.5).length < scenesMin) return [];
        const logits = new Float64Array(scenes.length);
        scenes.forEach(({ scene }, i) => (logits[scene] = logit(seen[i] ?? 0)));
        const wanted = standardised(logits);
        const list = columns
          .map(({ id, values }) => ({ id, by: product(values, wanted) }))
          .filter(({ by }) => by > 0)
          .sort((a, b) => b.by - a.by || a.id - b.id);
        return [{ name, list }];
      });
      return [factor, inTurn(ranked, featureCount)] as const;
    }),
  );
  byBlock.set(block, aims);
  return aims;
}

/** The best of each class, then the next of each. */
function inTurn(
  ranked: readonly { readonly name: string; readonly list: readonly { readonly id: number }[] }[],
  count: number,
): readonly Aim[] {
  const taken = new Set<number>();
  const aims: Aim[] = [];
  const places = ranked.map(() => 0);
  for (let isMore = true; isMore && aims.length < count;) {
    isMore = false;
    for (const [index, { name, list }] of ranked.entries()) {
      let place = places[index] ?? 0;
      while (place < list.length && taken.has(list[place]?.id ?? -1)) place++;
      const feature = list[place]?.id;
      places[index] = place + 1;
      if (feature === undefined || aims.length === count) continue;
      taken.add(feature);
      aims.push({ feature, name });
      isMore = true;
    }
  }
  return aims;
}

/** Mean 0 and length 1; all 0 for values that are all the same. */
function standardised(values: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(values);
  const mean = meanOf(all);
  const length = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return all.map((value) => (length > 1e-12 ? (value - mean) / length : 0));
}

const product = (one: Float64Array, other: Float64Array): number =>
  one.reduce((sum, value, i) => sum + value * other[i]!, 0);
