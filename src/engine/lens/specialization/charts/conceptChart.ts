import { countText } from '../../../../protocol/countText.ts';
import { benjaminiHochberg } from '../../../../numerics/benjaminiHochberg.ts';
import { mixed } from '../../../../numerics/permutation.ts';
import { signFlipP } from '../../../../numerics/signFlip.ts';
import type { Chart, ChartFacet } from '../../../../protocol/specialization.ts';
import { areasMin } from '../looks/conceptScores.ts';
import { meanInterval } from '../meanInterval.ts';
import type { SettledReport } from '../reportManifest.ts';
import { type BesideShuffled, type ConceptRow, rowKey } from '../reportRows.ts';
import { type ChartData, fitNote, mark, markKey, slotsOf, withinShares } from './chartData.ts';

const percent = (share: number): string => `${Math.round(100 * share)} %`;

interface Measure {
  readonly title: string;
  readonly yTitle: string;
  readonly of: (row: ConceptRow) => BesideShuffled | null;
}

const measures: readonly Measure[] = [
  { title: 'Specificity', yTitle: 'mean likeness', of: ({ specificity }) => specificity },
  { title: 'Causality', yTitle: 'mean likeness', of: ({ causality }) => causality },
  ...areasMin.map((least, i): Measure => ({
    title: `Sensitivity, active in more than ${percent(least)}`,
    yTitle: 'share of pictures',
    of: ({ sensitivity }) => sensitivity?.[i] ?? null,
  })),
];

const judgeWords = {
  clip: (sha256: string) =>
    `Likeness: cosine of the pictures’ embeddings by the CLIP network ${sha256.slice(0, 12)}….`,
  classifier: (sha256: string) =>
    `Likeness: what the model’s own classifier (${sha256.slice(0, 12)}…, no CLIP network was given) tells of both pictures, Σ √(p q) over a factor’s classes, mean over factors.`,
  words: () =>
    'Likeness: cosine of the words of the pictures’ prompts, as neither a CLIP network nor a classifier was given. Causality is absent: an icon has no words.',
} as const;

function judgeText({ judge = 'words', clip = '', classifier }: SettledReport): string {
  return judgeWords[judge](judge === 'clip' ? clip : (classifier?.sha256 ?? ''));
}

const rate = 0.05;

/** Chart 13: what the paper asks of features, by block. */
export function conceptChart({ manifest, rows }: ChartData): Chart | undefined {
  const { settled } = manifest;
  const { blocks, seed } = settled;
  const found = blocks.map((block) =>
    slotsOf(manifest, block).flatMap((slot): ConceptRow[] => {
      const row = rows.get(rowKey({ kind: 'concept', block, slot }));
      return row?.kind === 'concept' ? [row] : [];
    }),
  );
  const isWhole = blocks.every((block, b) => found[b]?.length === slotsOf(manifest, block).length);
  if (!isWhole) return undefined;
  const cells = measures.flatMap((measure, m) =>
    found.flatMap((list, b) => {
      const pairs = list.flatMap((row) => measure.of(row) ?? []);
      if (pairs.length < 2) return [];
      const p = signFlipP(
        pairs.map(({ own, shuffled }) => own - shuffled),
        mixed(seed, m, b),
      );
      return [{ m, b, pairs, p }];
    }),
  );
  const q = benjaminiHochberg(cells.map(({ p }) => p));
  const facets = measures.flatMap(({ title, yTitle }, m): ChartFacet[] => {
    const own = cells.flatMap((cell, i) => (cell.m === m ? [{ ...cell, q: q[i] ?? 1 }] : []));
    if (own.length === 0) return [];
    const arm = (of: keyof BesideShuffled) =>
      own.map(({ b, pairs, q: corrected }) => {
        const block = blocks[b] ?? '';
        const hasIcons = found[b]?.some(({ pixel }) => pixel !== null) ?? false;
        const key = hasIcons ? markKey({ kind: 'concept', block }) : null;
        const interval = withinShares(meanInterval(pairs.map((pair) => pair[of])));
        if (of === 'shuffled')
          return mark(b, interval, countText(pairs.length, 'feature'), { key });
        const note = `q ${corrected.toPrecision(2)} against shuffled labels; ${fitNote(manifest, block)}`;
        const isSpecial = corrected <= rate;
        return mark(b, interval, countText(pairs.length, 'feature'), { key, note, isSpecial });
      });
    return [
      {
        ...{ title, yTitle, xTitle: 'Block', kind: 'bars', columns: blocks },
        series: [
          { name: 'features', isControl: false, marks: arm('own') },
          { name: 'shuffled labels', isControl: true, marks: arm('shuffled') },
        ],
      },
    ];
  });
  if (facets.length === 0) return undefined;
  return {
    id: 13,
    title: 'Specificity, causality, sensitivity',
    formula:
      `${judgeText(settled)} Specificity: mean likeness of 10 pictures, drawn from the twentieth of the scoring pictures in which the feature is strongest (mean code). ` +
      'Causality: mean likeness of those pictures and the feature’s icon (γ = 1, on the empty prompt). Sensitivity: of the scoring pictures whose prompt has the feature’s label, ' +
      'the share in which it is active in more than 0, 10, 30 % of the cells; the label is the word that goes with its mean code best in the choosing pictures (Mann-Whitney), where the paper has annotations and the captions nearest to them. ' +
      'Every second picture chooses, the others score. Features are drawn by chance from those that are active. Control: the same with the pictures and labels of the block’s other features, ' +
      'which is the mean over all ways to shuffle labels. Intervals: mean over features ± t · s / √n, cut at 0 and 1. * : other than with shuffled labels (signs of differences flipped, all ways of up to 9 features, else 999 by chance), false discovery rate 5 % over all bars; with fewer than 10 features a block can hardly be marked. ' +
      'These are our definitions after the paper’s, not its own: by its figures (0.19 beside 0.21) its causality compares a feature’s annotation, as text, with pictures, ours its icon with pictures.',
    finding: findingOf(facets),
    facets,
  };
}

function findingOf(facets: readonly ChartFacet[]): string {
  const parts = facets.flatMap(({ title, columns = [], series: [own, control] }) => {
    const above = own?.marks.filter(
      ({ x, y, isSpecial }) => isSpecial && y > (control?.marks.find((one) => one.x === x)?.y ?? y),
    );
    if (!above || above.length === 0) return [];
    return [`${title.toLowerCase()}: ${above.map(({ x }) => columns[x] ?? '').join(', ')}`];
  });
  return parts.length > 0
    ? `Above shuffled labels (false discovery rate 5 %): ${parts.join('; ')}.`
    : 'In no block are features more specific, causal or sensitive than with shuffled labels (false discovery rate 5 %).';
}
