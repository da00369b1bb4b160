import { countText } from '../../../../protocol/countText.ts';
import { benjaminiHochberg } from '../../../../numerics/benjaminiHochberg.ts';
import { meanOf } from '../../../../numerics/meanOf.ts';
import { mixed } from '../../../../numerics/permutation.ts';
import { signFlipP } from '../../../../numerics/signFlip.ts';
import type { Chart, ChartFacet } from '../../../../protocol/specialization.ts';
import { maskMethod } from '../masks/nounMasks.ts';
import { maskPicturesMin } from '../masks/scoreMasks.ts';
import { meanInterval } from '../meanInterval.ts';
import { maskArms, type MaskScoreRow, rowKey } from '../reportRows.ts';
import { type ChartData, drawn, fitNote, mark, markKey, withinShares } from './chartData.ts';

/** Share of false discoveries among comparisons of the best feature with a control. */
const rate = 0.05;

const armWords = {
  feature: 'best feature',
  random: 'random directions',
  channel: 'channels',
  component: 'principal components',
  shuffled: 'shuffled masks',
} as const;
type Arm = keyof typeof armWords;

/** Of each noun that is scored in all dictionaries. */
interface Scores {
  readonly iou: Readonly<Partial<Record<Arm, readonly number[]>>>;
  /** The SAE's best. */
  readonly features: readonly number[];
}

interface Comparison {
  readonly b: number;
  readonly arm: Arm;
  /** How much higher the best feature is, mean over nouns. */
  readonly by: number;
  /** Of a difference as large by chance, corrected over all comparisons. */
  readonly q: number;
}

/** What chart 4 says of objects' cells: a facet, how it is made, and what can be said. */
type MaskPart = Pick<Chart, 'formula' | 'finding' | 'facets'>;

/**
 * How well a block's best feature marks the cells of objects, beside its controls.
 *
 * @returns empty in a report without masks, and while they are measured
 */
export function maskPart({ manifest, rows }: ChartData): MaskPart {
  const { blocks, masks, classifier, seed } = manifest.settled;
  const nothing = { formula: '', finding: '', facets: [] };
  if (!masks) return nothing;
  const byBlock = blocks.map((block) => rowsOf(block, masks.nouns, rows));
  if (blocks.length === 0 || byBlock.some((found) => found === undefined)) return nothing;
  const formula =
    ` Objects’ cells: mean over nouns of the IoU = Σ |active ∩ mask| / Σ |active ∪ mask| between the cells in which a feature is active (code above 0; all steps) and a noun’s mask, over the pictures that show the noun. ` +
    `Mask: by the model’s classifier (${classifier?.sha256.slice(0, 12) ?? ''}…), ${maskMethod}. The feature is chosen for each noun on pictures of even number and measured on odd ones, ${maskPicturesMin} at least in each half; one feature may be the best for many nouns, as one that marks whatever stands out is. Intervals: mean over nouns ± t · s / √n. ` +
    'Controls, as sparse as the SAE in each cell and chosen in the same way: directions drawn by chance; channels of ΔD less the SAE’s pre-bias and principal components about their mean (of the choosing prompts; where the report has them), both with either sign; the best feature with the masks of another picture of the same noun. The prompt’s embedding has no cells. ' +
    '* : above all controls (signs of the nouns’ differences flipped), false discovery rate 5 % over all comparisons.';
  const scores = byBlock.map((found) => scoresOf(found ?? []));
  const counts = scores.map(({ features }) => features.length);
  if (Math.max(...counts) < 2) {
    const finding = ` Objects’ cells: fewer than two nouns have masks in ${maskPicturesMin} pictures of each half.`;
    return { ...nothing, formula, finding };
  }
  const compared = comparisons(scores, seed);
  const isAbove = (b: number): boolean => {
    const own = compared.filter((one) => one.b === b);
    return own.length > 0 && own.every(({ q, by }) => q <= rate && by > 0);
  };
  const facet: ChartFacet = {
    ...{ title: 'Objects’ cells', xTitle: 'Block', yTitle: 'mean IoU', kind: 'bars' },
    columns: blocks,
    series: drawn(
      (Object.keys(armWords) as Arm[]).map((arm) => ({
        ...{ name: armWords[arm], isControl: arm !== 'feature' },
        marks: scores.flatMap((own, x) => {
          const values = own.iou[arm] ?? [];
          if (values.length < 2) return [];
          const interval = withinShares(meanInterval(values));
          const n = countText(values.length, 'noun');
          const beside = compared.find((one) => one.b === x && one.arm === arm);
          const block = blocks[x] ?? '';
          const note = beside
            ? `q ${beside.q.toPrecision(2)} against the best feature`
            : fitNote(manifest, block);
          // Shuffled masks are of the best feature: its pictures, with their own masks, stand behind both.
          const key = markKey({ kind: 'maskScore', block, arm: arm === 'shuffled' ? 'feature' : arm }); // prettier-ignore
          return [mark(x, interval, n, { note, key, isSpecial: arm === 'feature' && isAbove(x) })];
        }),
      })),
    ),
  };
  return { formula, finding: ` ${maskFinding(blocks, scores, isAbove)}`, facets: [facet] };
}

/** By dictionary, in the order of nouns. @returns undefined while some are missing */
function rowsOf(
  block: string,
  nouns: readonly string[],
  rows: ChartData['rows'],
): readonly (readonly MaskScoreRow[])[] | undefined {
  const byNoun = nouns.map((noun) =>
    maskArms.flatMap((arm): MaskScoreRow[] => {
      const row = rows.get(rowKey({ kind: 'maskScore', block, noun, arm }));
      return row?.kind === 'maskScore' ? [row] : [];
    }),
  );
  // The rows of a noun are written at once.
  return byNoun.every((some) => some.length > 0) ? byNoun : undefined;
}

function scoresOf(byNoun: readonly (readonly MaskScoreRow[])[]): Scores {
  const scores: Partial<Record<Arm, number[]>> = {};
  const features: number[] = [];
  for (const some of byNoun) {
    // The same nouns in all dictionaries: they are compared noun by noun.
    if (some.some(({ iou, shuffled }) => iou === null || shuffled === null)) continue;
    for (const { arm, feature, iou, shuffled } of some) {
      (scores[arm] ??= []).push(iou ?? NaN);
      if (arm !== 'feature') continue;
      (scores.shuffled ??= []).push(shuffled ?? NaN);
      features.push(feature ?? NaN);
    }
  }
  return { iou: scores, features };
}

function comparisons(scores: readonly Scores[], seed: number): readonly Comparison[] {
  const all = scores.flatMap((own, b) =>
    (Object.keys(armWords) as Arm[]).flatMap((arm, place) => {
      const { [arm]: others, feature = [] } = own.iou;
      if (arm === 'feature' || !others || feature.length < 2) return [];
      const differences = feature.map((value, i) => value - (others[i] ?? NaN));
      const p = signFlipP(differences, mixed(seed, 4, b, place));
      return [{ b, arm, by: meanOf(differences), p }];
    }),
  );
  const q = benjaminiHochberg(all.map(({ p }) => p));
  return all.map(({ b, arm, by }, i) => ({ b, arm, by, q: q[i] ?? 1 }));
}

function maskFinding(
  blocks: readonly string[],
  scores: readonly Scores[],
  isAbove: (b: number) => boolean,
): string {
  const worded = blocks.flatMap((block, b) => {
    const { iou, features } = scores[b] ?? { iou: {}, features: [] };
    const { feature = [], ...others } = iou;
    if (feature.length < 2) return [];
    const highest = Math.max(...Object.values(others).map(meanOf));
    const different = countText(new Set(features).size, 'feature');
    const words = `${block} (${meanOf(feature).toFixed(2)}; highest control ${highest.toFixed(2)}; ${different} for ${countText(features.length, 'noun')})`;
    return [{ words, isSpecial: isAbove(b) }];
  });
  const list = (isSpecial: boolean): string =>
    worded
      .filter((one) => one.isSpecial === isSpecial)
      .map(({ words }) => words)
      .join(', ');
  const [above, others] = [list(true), list(false)];
  if (above === '') {
    return `Objects’ cells: in no block does the best feature mark them better than all controls: ${others}.`;
  }
  const head = `Objects’ cells: the best feature marks them better than all controls in ${above}`;
  return others === '' ? `${head}.` : `${head}; not in ${others}.`;
}
