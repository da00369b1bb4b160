import { meanOf } from '../../../../numerics/meanOf.ts';
import { setImmediate } from 'node:timers/promises';
import { mixed } from '../../../../numerics/permutation.ts';
import { SeededDraws } from '../../../../numerics/seededDraws.ts';
import { wordsOf } from '../../indexing/promptWords.ts';
import { sparseColumns } from '../factors/sceneColumns.ts';
import type { SceneCodes } from '../factors/sceneFile.ts';
import type { ReportManifest } from '../reportManifest.ts';
import type { BesideShuffled, ConceptRow } from '../reportRows.ts';
import { alike, looksOfScenes } from './looksOfScenes.ts';
import { wordOfFeature } from './wordOfFeature.ts';

/** Pictures in which a feature is strongest: so many drawn by chance of the strongest twentieth. */
const picturesOfTop = 10;
const topShare = 0.05;

/** Shares of a picture's cells above which a feature counts as active in it. */
export const areasMin = [0, 0.1, 0.3] as const;

interface BlockConcepts {
  /** By slot: scenes that score, in which the feature is strongest; none where it is not active in two. */
  readonly tops: readonly (readonly number[])[];
  /** By slot. */
  readonly labels: readonly (string | null)[];
  /** By slot: share of cells in which it is active, by scene. */
  readonly areas: readonly ArrayLike<number>[];
}

const isChoosing = (scene: number): boolean => scene % 2 === 0;
const known = new WeakMap<readonly SceneCodes[], Map<string, Promise<BlockConcepts>>>();
const knownLooks = new WeakMap<readonly SceneCodes[], readonly (readonly number[])[]>();

/** What the features of a block are about; once for all scenes. */
function conceptsOf(
  block: string,
  manifest: ReportManifest,
  scenes: readonly SceneCodes[],
): Promise<BlockConcepts> {
  const byBlock = known.get(scenes) ?? new Map<string, Promise<BlockConcepts>>();
  known.set(scenes, byBlock);
  const made = byBlock.get(block) ?? findConcepts(block, manifest, scenes);
  byBlock.set(block, made);
  return made;
}

async function findConcepts(
  block: string,
  { settled, chosen }: ReportManifest,
  scenes: readonly SceneCodes[],
): Promise<BlockConcepts> {
  const columns = (of: 'codes' | 'area') =>
    new Map(
      sparseColumns(scenes, (scene) => scene.blocks[block]?.[of]).map(({ id, values }) => [
        id,
        values,
      ]),
    );
  const [codes, areas] = [columns('codes'), columns('area')];
  const all = settled.scenes.pictures.map((_, scene) => scene);
  const words = settled.scenes.pictures.map(({ prompt }) => wordsOf(prompt));
  const testing = all.filter((scene) => !isChoosing(scene));
  const size = Math.max(2, Math.ceil(topShare * testing.length));
  const place = settled.blocks.indexOf(block);
  const features = chosen.features[block] ?? [];
  const labels: (string | null)[] = [];
  const tops = features.map((feature, slot) => {
    const values = codes.get(feature) ?? [];
    const strongest = testing
      .filter((scene) => (values[scene] ?? 0) > 0)
      .sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b)
      .slice(0, size);
    if (strongest.length < 2) return [];
    return new SeededDraws(mixed(settled.seed, place, slot, 13)).choose(strongest, picturesOfTop);
  });
  for (const feature of features) {
    labels.push(wordOfFeature(codes.get(feature) ?? [], words, all.filter(isChoosing)));
    await setImmediate();
  }
  return { tops, labels, areas: features.map((feature) => areas.get(feature) ?? []) };
}

/**
 * What the paper asks of a feature, by the report's judge of how alike pictures are; pictures are of the scoring half.
 *
 * - specificity: mean likeness of 10 pictures of the twentieth in which the feature is strongest
 * - causality: mean likeness of its icon and those pictures
 * - sensitivity: of the pictures whose prompt has its label, the share in which it is active in more than 0, 10 and 30 %
 *   of the cells; the label is the word that goes with it on the choosing half
 *
 * `shuffled` is the mean of the same over all other features of the block: likeness to their pictures, share of
 * the pictures with their labels; what any assignment of labels to features gives on average.
 *
 * @param icon look of its icon; undefined without one
 * @source after Surkov et al. 2024 (arXiv 2410.22366, version 1), evaluation of features; the text itself was not at hand,
 *   and summaries give specificity 0.71 beside 0.50 for random pictures, as likeness of pictures by CLIP has it, but
 *   causality 0.19 beside 0.21, as CLIP has it between a text and pictures: there the annotation is compared with pictures
 *   that the feature makes, here the icon with the feature's pictures. The pictures of a sensitivity are there those whose
 *   captions are nearest to an annotation
 */
export async function conceptScores(
  { block, slot }: Pick<ConceptRow, 'block' | 'slot'>,
  manifest: ReportManifest,
  scenes: readonly SceneCodes[],
  icon: readonly number[] | undefined,
): Promise<Pick<ConceptRow, 'label' | 'specificity' | 'causality' | 'sensitivity'>> {
  const { settled } = manifest;
  const { tops, labels, areas } = await conceptsOf(block, manifest, scenes);
  const looks = knownLooks.get(scenes) ?? looksOfScenes(settled, scenes);
  knownLooks.set(scenes, looks);
  const own = tops[slot] ?? [];
  const others = tops.filter((top, other) => other !== slot && top.length > 0);
  const pairs = (top: readonly number[]): readonly number[] =>
    own.flatMap((one) =>
      top.flatMap((other) => (one === other ? [] : [alike(looks[one], looks[other])])),
    );
  const besides = (top: readonly number[]): readonly number[] =>
    icon ? top.map((other) => alike(icon, looks[other])) : [];
  const area = areas[slot] ?? [];
  const label = labels[slot] ?? null;
  const pictures = settled.scenes.pictures.map(({ prompt }) => wordsOf(prompt));
  const active = (word: string | null, least: number): readonly number[] =>
    pictures.flatMap((words, scene) =>
      word === null || isChoosing(scene) || !words.includes(word)
        ? []
        : [(area[scene] ?? 0) > least ? 1 : 0],
    );
  const otherLabels = labels.filter((word, other) => other !== slot && word !== null);
  const sensitivity = areasMin.flatMap((least) => {
    const shuffled = otherLabels.map((word) => active(word, least));
    return beside(active(label, least), shuffled) ?? [];
  });
  return {
    label,
    specificity: beside(pairs(own), others.map(pairs)),
    causality: beside(besides(own), own.length > 0 ? others.map(besides) : []),
    sensitivity: sensitivity.length === areasMin.length ? sensitivity : null,
  };
}

/** Null where there is nothing to compare. */
function beside(
  own: readonly number[],
  shuffled: readonly (readonly number[])[],
): BesideShuffled | null {
  const others = shuffled.filter((values) => values.length > 0).map(meanOf);
  return own.length > 0 && others.length > 0
    ? { own: meanOf(own), shuffled: meanOf(others) }
    : null;
}
