import { countText } from '../../../../protocol/countText.ts';
import { benjaminiHochberg } from '../../../../numerics/benjaminiHochberg.ts';
import { meanOf } from '../../../../numerics/meanOf.ts';
import { mixed } from '../../../../numerics/permutation.ts';
import { signFlipP } from '../../../../numerics/signFlip.ts';
import { type ShareKind, shareKinds } from '../../../../numerics/transferChoice.ts';
import type { Chart, ChartFacet } from '../../../../protocol/specialization.ts';
import { foregroundMethod } from '../foregroundMask.ts';
import { meanInterval } from '../meanInterval.ts';
import { type PairRow, rowKey } from '../reportRows.ts';
import { type ChartData, fitNote, mark, markKey, withinShares } from './chartData.ts';

/** Share of false discoveries among the bars that are marked. */
const rate = 0.05;
const shown = 4;

interface Cell {
  readonly share: ShareKind;
  readonly b: number;
  readonly x: number;
  readonly own: readonly number[];
  readonly shuffled: readonly number[];
}

interface Tested extends Cell {
  /** Of a difference as large by chance, corrected over all cells. */
  readonly q: number;
}

/** Chart 7: in which blocks the features lie that tell two prompts' runs apart, by kind of edit. */
export function shareChart({ manifest, rows }: ChartData): Chart | undefined {
  const { blocks, transfer, seed } = manifest.settled;
  if (!transfer) return undefined;
  const { pairs, featureCount, title } = transfer;
  const found = pairs.flatMap((_, pair): PairRow[] => {
    const row = rows.get(rowKey({ kind: 'pair', pair }));
    return row?.kind === 'pair' ? [row] : [];
  });
  const kinds = [...new Set(pairs.map(({ kind }) => kind))];
  const byKind = kinds.map((kind) => found.filter(({ pair }) => pairs[pair]?.kind === kind));
  if (byKind.some((list) => list.length < 2)) return undefined;
  const cellsOf = (share: ShareKind): readonly Cell[] =>
    blocks.flatMap((_, b) =>
      byKind.flatMap((list, x): Cell[] => {
        // A pair without a feature that tells its runs apart has no shares.
        const both = list.flatMap((row) => {
          const [own, shuffled] = [row.own, row.shuffled].map((each) => shareOf(each[share], b));
          return own === undefined || shuffled === undefined ? [] : [[own, shuffled] as const];
        });
        if (both.length < 2) return [];
        const [own, shuffled] = [both.map(([one]) => one), both.map(([, other]) => other)];
        return [{ share, b, x, own, shuffled }];
      }),
    );
  const all = shareKinds.flatMap(cellsOf);
  const q = benjaminiHochberg(
    all.map(({ share, own, shuffled, b, x }) => {
      const differences = own.map((value, i) => value - (shuffled[i] ?? 0));
      return signFlipP(differences, mixed(seed, shareKinds.indexOf(share), b, x));
    }),
  );
  const cells = all.map((cell, i): Tested => ({ ...cell, q: q[i] ?? 1 }));
  const facets = shareKinds.flatMap((share) =>
    blocks.map((block, b): ChartFacet => {
      const marks = (arm: 'own' | 'shuffled') =>
        cells.flatMap((cell) => {
          if (cell.share !== share || cell.b !== b) return [];
          const interval = withinShares(meanInterval(cell[arm]));
          const key = markKey({ kind: 'pair', of: kinds[cell.x] ?? '' });
          const n = countText(cell.own.length, 'pair');
          if (arm === 'shuffled') return [mark(cell.x, interval, n)];
          const note = `q ${cell.q.toPrecision(2)} against shuffled pairs; ${fitNote(manifest, block)}`;
          return [mark(cell.x, interval, n, { key, note, isSpecial: cell.q <= rate })];
        });
      return {
        ...{ title: `${block}, ${share}`, xTitle: 'Kind of edit', kind: 'bars', columns: kinds },
        yTitle: 'share of the features',
        series: [
          { name: 'pairs', block, isControl: false, marks: marks('own') },
          { name: 'shuffled pairs', block, isControl: true, marks: marks('shuffled') },
        ],
      };
    }),
  );
  const everywhere = found.filter(({ isEverywhere }) => isEverywhere).length;
  return {
    id: 7,
    title: 'Where prompts differ, by kind of edit',
    formula:
      `Of the up to ${featureCount} features that the run with the edited prompt has most more of, and the ${featureCount} it has most less of, the share that lies in a block; pairs of ${title}. ` +
      'More: m / Σ m in the edited prompt’s run minus m / Σ m in the original’s, m the mean code in the mask at the first step, Σ over the features of all blocks (raw, as RIEBench has it: it favours blocks whose codes are large) or of the feature’s own block (normalised); scores of 0 or of the wrong sign do not count. Both runs have the same noise. ' +
      `Masks: what a pair brings, else by kind: the foreground of each run’s picture for things (of the picture that has more of them where things are added or deleted), what is not foreground for backgrounds, everywhere for styles. Foreground: ${foregroundMethod}. ` +
      (everywhere > 0
        ? `In ${countText(everywhere, 'pair')} of ${found.length} nothing stood out in one of the pictures: the mask is everywhere. `
        : '') +
      'Control: shuffled pairs, the edited prompt being that of another pair, of another kind where there is one, with the same noise. Intervals: mean over pairs ± t · s / √n, cut at 0 and 1. * : other than with shuffled pairs (signs of differences flipped), false discovery rate 5 % over all bars.',
    finding: shareKinds.map((share) => findingOf(share, cells, blocks, kinds)).join(' '),
    facets,
  };
}

function shareOf(counts: readonly number[], b: number): number | undefined {
  const sum = counts.reduce((total, count) => total + count, 0);
  return sum > 0 ? (counts[b] ?? 0) / sum : undefined;
}

function findingOf(
  share: ShareKind,
  all: readonly Tested[],
  blocks: readonly string[],
  kinds: readonly string[],
): string {
  const cells = all.filter((cell) => cell.share === share);
  const special = cells
    .map(({ b, x, own, shuffled, q }) => ({
      text: `${blocks[b] ?? ''} in ${kinds[x] ?? ''}`,
      by: meanOf(own) - meanOf(shuffled),
      q,
    }))
    .filter((cell) => cell.q <= rate)
    .sort((one, other) => Math.abs(other.by) - Math.abs(one.by));
  const head = share === 'raw' ? 'Raw shares' : 'Normalised shares';
  if (special.length === 0) {
    return `${head}: in none of ${cells.length} cells other than with shuffled pairs (false discovery rate 5 %).`;
  }
  const list = special
    .slice(0, shown)
    .map(({ text, by }) => `${text} ${by > 0 ? '+' : '−'}${Math.abs(by).toFixed(2)}`);
  return `${head}: in ${special.length} of ${cells.length} cells other than with shuffled pairs (false discovery rate 5 %), most of all ${list.join(', ')}.`;
}
