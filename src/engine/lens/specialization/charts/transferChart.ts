import { countText } from '../../../../protocol/countText.ts';
import { benjaminiHochberg } from '../../../../numerics/benjaminiHochberg.ts';
import { meanOf } from '../../../../numerics/meanOf.ts';
import { mixed } from '../../../../numerics/permutation.ts';
import { signFlipP } from '../../../../numerics/signFlip.ts';
import { significant } from '../../../../numerics/significant.ts';
import type { Chart, ChartFacet, ChartSeries } from '../../../../protocol/specialization.ts';
import { atMatchedEffect, commonEffect, type DoseEffects } from '../matchedEffect.ts';
import { meanInterval } from '../meanInterval.ts';
import type { SettledReport, SettledTransfer } from '../reportManifest.ts';
import {
  type PairRow,
  rowKey,
  type TransferArm,
  transferArms,
  type TransferRow,
} from '../reportRows.ts';
import { type ChartData, mark, markKey } from './chartData.ts';

const armWords: Readonly<Record<TransferArm, string>> = {
  feature: 'features',
  delta: 'masked update',
  random: 'random features',
  neuron: 'neurons',
};

const baselines = transferArms.filter((arm) => arm !== 'feature');

/** How far a picture is from what the original prompt gives, and the edited one. */
interface Beside {
  readonly original: number;
  readonly edited: number;
}

/** How far pictures are apart, in one way. */
interface Distance {
  readonly title: string;
  readonly unit: string;
  /** What the edited prompt gives. */
  readonly goal: string;
  /** Of the original prompt's picture. */
  readonly ofPair: (row: PairRow) => Beside | undefined;
  readonly ofTransfer: (row: TransferRow) => Beside | undefined;
}

const fromOriginal = (edited: number | undefined): Beside | undefined =>
  edited === undefined ? undefined : { original: 0, edited };

const picture = 'the edited prompt’s picture';
const distances: readonly Distance[] = [
  {
    ...{ title: 'Pixels', unit: 'mean |Δ| of 255', goal: picture },
    ofPair: ({ pixel }) => fromOriginal(pixel),
    ofTransfer: ({ pixel, toEdited }) => ({ original: pixel, edited: toEdited }),
  },
  {
    ...{ title: 'LPIPS', unit: 'LPIPS', goal: picture },
    ofPair: ({ lpips }) => fromOriginal(lpips),
    ofTransfer: ({ lpips }) => lpips,
  },
  {
    ...{ title: 'Likeness', unit: '1 - likeness', goal: picture },
    ofPair: ({ look }) => fromOriginal(look),
    ofTransfer: ({ look }) => look,
  },
  {
    ...{ title: 'Prompts', unit: '1 - cosine with the prompt', goal: 'the edited prompt' },
    ofPair: ({ words }) => words,
    ofTransfer: ({ words }) => words,
  },
];

/** Share of false discoveries among the baselines that are marked. */
const rate = 0.05;

/** A pair with all its transfers. */
interface Measured {
  readonly pair: PairRow;
  readonly of: (arm: TransferArm, strength: number) => TransferRow;
}

/** Chart 8: how near to the edited prompt's picture a transfer comes, for how much of the original's it gives up. */
export function transferChart(data: ChartData): Chart | undefined {
  const { settled } = data.manifest;
  const { transfer } = settled;
  if (!transfer) return undefined;
  const pairs = wholePairs(data);
  if (pairs.length < 2) return undefined;
  const all = distances.flatMap((distance) => comparedIn(distance, pairs, transfer) ?? []);
  const q = benjaminiHochberg(
    all.flatMap(({ matches }, d) =>
      matches.map((match, i) => signFlipP(differencesOf(match), mixed(settled.seed, 8, d, i))),
    ),
  );
  const count = baselines.length;
  const found = all.map((compared, d) =>
    facetsOf(compared, q.slice(d * count, (d + 1) * count), pairs.length, transfer),
  );
  return {
    id: 8,
    title: 'From one prompt’s picture to another’s',
    formula:
      `x: distance of the picture with a transfer to the original prompt’s picture; y: to the edited prompt’s, made with the same noise; one mark a strength (${transfer.strengths.join(', ')}), the first without a transfer; pairs of ${transfer.title}. ` +
      `Features: the ${transfer.featureCount} highest of chart 7’s raw scores are added with their maps in the edited prompt’s run, the ${transfer.featureCount} lowest are removed with theirs in the original’s, inside of the masks, at all steps, maps times the strength. ` +
      'Baselines: the masked update ΔD of the same blocks, all of it, in the same way; as many features drawn by chance from those active in the masks; the 5 % highest and 5 % lowest of the blocks’ feed-forward neurons (outputs of transformer_blocks.N.ff.net.0, each divided by its length over the mask to be scored, as RIEBench takes 10,000 of 204,800). ' +
      'At matched distance: how much nearer to the edited prompt’s picture than the original’s is, features beside each baseline at the mean distance to the original that features have at strength 1 (or the nearest to it), or at the largest that the baseline reaches (straight lines between strengths). Intervals: mean over pairs ± t · s / √n. * : a baseline other than features (signs of differences flipped), false discovery rate 5 % over all of them. ' +
      `${settled.lpips === undefined ? 'LPIPS: absent, no network for it was given.' : `LPIPS by the network ${settled.lpips.slice(0, 12)}….`} ${judgeText(settled)}`,
    finding: found.map(({ finding }) => finding).join(' '),
    facets: found.flatMap(({ facets }) => facets),
  };
}

function judgeText({ judge, clip = '', clipText, classifier }: SettledReport): string {
  if (judge === 'clip') {
    const words =
      clipText === undefined
        ? 'Scores between pictures and prompts are absent: the network has no text part beside it (text/model.onnx).'
        : `Prompts: 1 - cosine of the picture’s embedding and the prompt’s by its text part ${clipText.slice(0, 12)}…; there x and y are distances to the two prompts themselves.`;
    return `Likeness: cosine of the pictures’ embeddings by the CLIP network ${clip.slice(0, 12)}…. ${words}`;
  }
  return judge === 'classifier'
    ? `Likeness: by the model’s own classifier (${classifier?.sha256.slice(0, 12) ?? ''}…), Σ √(p q) over a factor’s classes, mean over factors. CLIP: absent, no network was given.`
    : 'CLIP: absent, no network was given.';
}

function wholePairs({ manifest, rows }: ChartData): readonly Measured[] {
  const { strengths = [], frontCount = 0 } = manifest.settled.transfer ?? {};
  return Array.from({ length: frontCount }, (_, pair) => pair).flatMap((pair): Measured[] => {
    const own = rows.get(rowKey({ kind: 'pair', pair }));
    const made = new Map<string, TransferRow>();
    for (const arm of transferArms) {
      for (const strength of strengths) {
        const row = rows.get(rowKey({ kind: 'transfer', pair, arm, strength }));
        if (row?.kind === 'transfer') made.set(`${arm} ${strength}`, row);
      }
    }
    if (own?.kind !== 'pair' || made.size < transferArms.length * strengths.length) return [];
    const of = (arm: TransferArm, strength: number): TransferRow => {
      const row = made.get(`${arm} ${strength}`);
      if (row) return row;
      throw new RangeError(`The report lacks the transfer of pair ${pair} at ${strength}.`);
    };
    return [{ pair: own, of }];
  });
}

/** What one distance says of each arm. */
interface Compared {
  readonly distance: Distance;
  /** Of the original prompt's picture, by pair. */
  readonly before: readonly Beside[];
  readonly at: (arm: TransferArm, strength: number) => readonly Beside[];
  /** Features beside each baseline. */
  readonly matches: readonly Match[];
}

/** Features and a baseline that lead equally far from the original on average: as far as whole features, or as far as the baseline goes. */
interface Match {
  readonly arm: TransferArm;
  readonly effect: number;
  /** By pair: how much nearer to the edited prompt's picture than the original's is. */
  readonly own: readonly number[];
  readonly other: readonly number[];
}

/** @returns undefined where the report does not have this distance */
function comparedIn(
  distance: Distance,
  pairs: readonly Measured[],
  { strengths }: SettledTransfer,
): Compared | undefined {
  const before = pairs.flatMap(({ pair }) => distance.ofPair(pair) ?? []);
  if (before.length < pairs.length) return undefined;
  const at = (arm: TransferArm, strength: number) =>
    pairs.map(
      (each) => distance.ofTransfer(each.of(arm, strength)) ?? { original: NaN, edited: NaN },
    );
  const dosesOf = (arm: TransferArm): readonly DoseEffects[] =>
    strengths.map((dose) => {
      const both = at(arm, dose);
      const gained = both.map(({ edited }, i) => (before[i]?.edited ?? NaN) - edited);
      return { dose, total: [leftOf(both)], figures: [[gained]] };
    });
  const leftOf = (both: readonly Beside[]): number[] =>
    both.map(({ original }, i) => original - (before[i]?.original ?? NaN));
  const nearestToOne = [...strengths].sort((a, b) => Math.abs(a - 1) - Math.abs(b - 1))[0] ?? 1;
  const whole = meanOf(leftOf(at('feature', nearestToOne)));
  const matches = baselines.map((arm): Match => {
    const doses = [dosesOf('feature'), dosesOf(arm)];
    const effect = Math.min(commonEffect(doses), whole);
    const gains = doses.map((each) => atMatchedEffect(each, effect)?.figures[0]?.[0] ?? []);
    return { arm, effect, own: gains[0] ?? [], other: gains[1] ?? [] };
  });
  return { distance, before, at, matches };
}

const differencesOf = ({ own, other }: Match): readonly number[] =>
  own.map((value, i) => value - (other[i] ?? 0));

/** @param q of the baselines, corrected */
function facetsOf(
  { distance: { title, unit, goal }, before, at, matches }: Compared,
  q: readonly number[],
  pairCount: number,
  { strengths }: SettledTransfer,
): { readonly facets: readonly ChartFacet[]; readonly finding: string } {
  const n = countText(pairCount, 'pair');
  const fronts = transferArms.map((arm): ChartSeries => ({
    ...{ name: armWords[arm], isControl: arm !== 'feature' },
    marks: [
      mark(
        meanOf(before.map(({ original }) => original)),
        meanInterval(before.map(({ edited }) => edited)),
        n,
        { note: 'without a transfer' },
      ),
      ...strengths.map((strength) => {
        const both = at(arm, strength);
        const x = meanInterval(both.map(({ original }) => original));
        const y = meanInterval(both.map(({ edited }) => edited));
        const note = `strength ${strength}; x ${significant(x.low)} to ${significant(x.high)}`;
        const key = markKey({ kind: 'transfer', arm, strength });
        return mark(x.value, y, n, { key, note });
      }),
    ],
  }));
  const bars: ChartFacet = {
    title: `${title}: at matched distance to the original`,
    ...{ xTitle: 'Beside which baseline', yTitle: `nearer to the edited, ${unit}`, kind: 'bars' },
    columns: matches.map(({ arm }) => armWords[arm]),
    series: [
      {
        ...{ name: armWords.feature, isControl: false },
        marks: matches.map(({ own, effect }, x) =>
          mark(x, meanInterval(own), n, { note: `${significant(effect)} from the original` }),
        ),
      },
      {
        ...{ name: 'baseline', isControl: true },
        marks: matches.map(({ other, effect }, x) => {
          const corrected = q[x] ?? 1;
          const note = `${significant(effect)} from the original; q ${corrected.toPrecision(2)} against features`;
          return mark(x, meanInterval(other), n, { note, isSpecial: corrected <= rate });
        }),
      },
    ],
  };
  const others = matches.map((match, i) => {
    const by = meanOf(differencesOf(match));
    const [own, other] = [match.own, match.other].map((gains) => significant(meanOf(gains)));
    const words = (q[i] ?? 1) > rate ? 'not other than' : by > 0 ? 'more than' : 'less than';
    return `${own ?? ''}, ${words} ${armWords[match.arm]} (${other ?? ''}), at ${significant(match.effect)} from the original`;
  });
  const axes = { xTitle: `to the original, ${unit}`, yTitle: `to the edited, ${unit}` };
  return {
    facets: [{ title: `${title}: fronts`, ...axes, kind: 'lines', series: fronts }, bars],
    finding: `${title}: how much nearer features come to ${goal} (${significant(meanOf(before.map(({ edited }) => edited)))} from it without a transfer): ${others.join('; ')}; ${n}.`,
  };
}
