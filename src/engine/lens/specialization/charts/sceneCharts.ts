import { countText } from '../../../../protocol/countText.ts';
import { benjaminiHochberg } from '../../../../numerics/benjaminiHochberg.ts';
import type { Chart, ChartFacet, ChartSeries } from '../../../../protocol/specialization.ts';
import { probeSizes } from '../factors/sparseProbe.ts';
import { factorNames } from '../factors/statedFactors.ts';
import { unsaidNames } from '../factors/unsaidPairs.ts';
import { meanInterval } from '../meanInterval.ts';
import { type ProbeRow, rowKey, type ScoreArm, scoreArms, type ScoreRow } from '../reportRows.ts';
import { type ChartData, drawn, fitNote, mark, markKey } from './chartData.ts';
import { maskPart } from './maskChart.ts';

const halves =
  'Every second picture chooses, the others score. A factor is something that the grammar’s prompts state (a rule, or one of its words): to each picture ' +
  'of a prompt that states it, one of a prompt that does not and that states most nearly the same otherwise.';

/** Share of false discoveries among the cells that are marked. */
const rate = 0.05;

const armTitles: Readonly<Record<ScoreArm, string>> = {
  feature: 'Best feature',
  random: 'Best of random directions',
  channel: 'Best channel of the update',
  untrained: 'Best channel of the untrained U-net',
  component: 'Best principal component of the update',
  told: 'Best entry of the prompt’s embedding',
};
const columnWords: Readonly<Record<ScoreArm, string>> = {
  feature: 'feature',
  random: 'random feature',
  channel: 'channel',
  untrained: 'channel',
  component: 'component',
  told: 'entry',
};
const controlWords: Readonly<Record<string, string>> = {
  [armTitles.random]: 'random directions',
  [armTitles.channel]: 'a single channel',
  [armTitles.untrained]: 'a channel of the untrained U-net',
  [armTitles.component]: 'a principal component',
  [armTitles.told]: 'the prompt’s embedding',
};

/** Chart 4: what single features tell of a scene. */
export function featureScoreChart(data: ChartData): Chart | undefined {
  const { manifest, rows } = data;
  const { blocks, scenes } = manifest.settled;
  const stated = factorNames(scenes);
  const factors = [...stated, ...unsaidNames(scenes)];
  const found = factors.map((factor) =>
    blocks.map((block): ScoreRow | undefined => {
      const row = rows.get(rowKey({ kind: 'score', block, factor }));
      return row?.kind === 'score' ? row : undefined;
    }),
  );
  const all = found.flat().filter((row) => row !== undefined);
  if (all.length === 0 || all.length < factors.length * blocks.length) return undefined;
  const facetOf = (arm: ScoreArm): readonly ChartFacet[] => {
    const scored = all.filter((row) => row[arm]);
    if (scored.length === 0) return [];
    const q = benjaminiHochberg(scored.map((row) => row[arm]?.pValue ?? 1));
    const isOfBlock = arm !== 'told';
    return [
      {
        ...{ title: armTitles[arm], yTitle: 'AUROC on the scoring pictures', kind: 'heat' },
        ...(isOfBlock
          ? { xTitle: 'Block', columns: blocks }
          : { xTitle: 'What the U-net is told', columns: ['prompt'] }),
        range: [0.5, 1],
        series: found.map((cells, f) => ({
          name: nameOf(factors[f] ?? ''),
          isControl: arm !== 'feature',
          marks: cells.flatMap((row, x) => {
            const score = row?.[arm];
            if (!row || !score) return [];
            const { id, sign, nullHigh } = score;
            const own = q[scored.indexOf(row)] ?? 1;
            const fit = arm === 'feature' ? `; ${fitNote(manifest, row.block)}` : '';
            return [
              mark(x, score, countText(row.pairCount, 'pair'), {
                isSpecial: own <= rate,
                key: markKey(row),
                note: `${columnWords[arm]} ${id}${sign < 0 ? ', where it is weak' : ''}; 95 % of chance below ${nullHigh.toFixed(2)}, q ${own.toPrecision(2)}${fit}`,
              }),
            ];
          }),
        })),
      },
    ];
  };
  const nameOf = (factor: string): string => (stated.includes(factor) ? factor : `${factor} (unsaid)`); // prettier-ignore
  const facets = scoreArms.flatMap(facetOf);
  const untrainedText = all.some(({ untrained }) => untrained)
    ? ' Untrained: the best channel of ΔD where the values of each large weight of the U-net were shuffled.'
    : '';
  const unsaidText =
    factors.length > stated.length
      ? ' Unsaid: what no prompt states and the noise decides (the grammar says how); pairs of pictures that have it and lack it, in prompts that leave it open.'
      : '';
  const masks = maskPart(data);
  return {
    id: 4,
    title: 'What single features tell of a scene',
    formula: `AUROC: the probability that a picture whose prompt states the factor has a larger mean code (over cells and steps) than its like. ${halves} The feature, and whether large or small means the factor, are chosen by AUROC. Intervals: 95 %, bootstrap over pairs. * : above chance (labels swapped at random within pairs, 999 times), false discovery rate 5 % over all cells of a table. Controls: the best of directions drawn by chance, as sparse as the SAE; the best channel of ΔD; the best of its largest principal components (of the choosing prompts); the best entry of what the U-net is told of the prompt.${untrainedText}${unsaidText}${masks.formula}`,
    finding: `${scoreFinding(facets)}${masks.finding}`,
    facets: [...facets, ...masks.facets],
  };
}

function scoreFinding([own, ...controls]: readonly ChartFacet[]): string {
  if (!own) return '';
  const cells = own.series.flatMap(({ marks }, f) => marks.map((cell) => ({ cell, f })));
  const special = cells.filter(({ cell }) => cell.isSpecial);
  if (special.length === 0) {
    return `In none of ${cells.length} cells does a block’s best feature tell a factor better than chance (false discovery rate 5 %).`;
  }
  const beats = (facet: ChartFacet): number =>
    special.filter(({ cell, f }) => {
      const isSingle = facet.columns?.length === 1;
      const control = facet.series[f]?.marks.find(({ x }) => isSingle || x === cell.x);
      return control !== undefined && cell.low > control.high;
    }).length;
  const best = [...special].sort((a, b) => b.cell.y - a.cell.y)[0];
  const where = best
    ? `${own.series[best.f]?.name ?? ''} in ${own.columns?.[best.cell.x] ?? ''}`
    : '';
  return (
    `In ${special.length} of ${cells.length} cells the best feature tells a factor better than chance (false discovery rate 5 %), best ${where} (${best?.cell.y.toFixed(2) ?? ''}); ` +
    `of them better than ${controls.map((facet) => `${controlWords[facet.title] ?? ''} in ${beats(facet)}`).join(', ')} (intervals apart).`
  );
}

const armWords = {
  feature: '',
  channel: ', channels of the update',
  shuffled: 'shuffled labels, all blocks',
  told: 'embedding of the prompt',
} as const satisfies Record<ProbeRow['arm'], string>;

/** Chart 6: what several features tell of a scene. */
export function probeChart({ manifest, rows }: ChartData): Chart | undefined {
  const { blocks, scenes } = manifest.settled;
  const factors = factorNames(scenes);
  const rowOf = (arm: ProbeRow['arm'], block: string, factor: string): readonly ProbeRow[] => {
    const row = rows.get(rowKey({ kind: 'probe', block, factor, arm }));
    return row?.kind === 'probe' ? [row] : [];
  };
  const series = (arm: ProbeRow['arm'], of: readonly string[], name: string): ChartSeries => {
    const byFactor = factors.map((factor) => of.flatMap((block) => rowOf(arm, block, factor)));
    const isWhole = byFactor.every((some) => some.length === of.length);
    const [block] = arm === 'told' || of.length !== 1 ? [] : of;
    return {
      ...{ name, isControl: arm !== 'feature', ...(block !== undefined && { block }) },
      marks: !isWhole
        ? []
        : probeSizes.map((_, x) => {
            const scores = byFactor.map(
              (some) => some.reduce((sum, { auroc }) => sum + (auroc[x] ?? 0), 0) / some.length,
            );
            const more = {
              ...(block !== undefined && { key: markKey({ kind: 'probe', block }) }),
              ...(arm === 'feature' && block !== undefined && { note: fitNote(manifest, block) }),
            };
            return mark(x, meanInterval(scores), countText(factors.length, 'factor'), more);
          }),
    };
  };
  const all = drawn([
    ...blocks.map((block) => series('feature', [block], block)),
    ...blocks.map((block) => series('channel', [block], `${block}${armWords.channel}`)),
    series('shuffled', blocks, armWords.shuffled),
    series('told', [''], armWords.told),
  ]);
  if (factors.length === 0 || all.length < 2 * blocks.length + 2) return undefined;
  return {
    id: 6,
    title: 'What several features tell of a scene',
    formula: `Mean over factors of the AUROC of a linear probe over the k best features. ${halves} Features are chosen, standardised and weighted (least squares with a ridge of 0.1 n) on the choosing pictures alone. Intervals: mean over factors ± t · s / √n. Controls: as many channels of ΔD; as many entries of what the U-net is told of the prompt (the mean of its hidden states, and the pooled text); labels swapped at random within the choosing pairs.`,
    finding: probeFinding(all),
    facets: [
      {
        ...{ title: 'Sparse probe', xTitle: 'features of the probe', yTitle: 'mean AUROC' },
        ...{ kind: 'lines', columns: probeSizes.map(String), series: all },
      },
    ],
  };
}

function probeFinding(series: readonly ChartSeries[]): string {
  const last = (one: ChartSeries | undefined) => one?.marks.at(-1);
  const own = series
    .filter(({ isControl }) => !isControl)
    .sort((a, b) => (last(b)?.y ?? 0) - (last(a)?.y ?? 0));
  const told = last(series.find(({ name }) => name === armWords.told));
  const list = own.map((one) => `${one.name} ${last(one)?.y.toFixed(2) ?? ''}`).join(', ');
  const spread = own.map((one) => `${spreadOf(one)} in ${one.name}`).join(', ');
  return (
    `With ${probeSizes.at(-1) ?? 0} features: ${list}; the prompt’s own embedding ${told?.y.toFixed(2) ?? ''}. ` +
    `Spread (the smallest probe with nine tenths of the largest one’s gain over chance): ${spread}.`
  );
}

/** Over how many features a block's knowledge is spread. */
function spreadOf({ marks }: ChartSeries): string {
  const gains = marks.map(({ y }) => y - 0.5);
  const most = gains.at(-1) ?? 0;
  if (!(most > 0)) return 'no gain';
  const size = probeSizes[gains.findIndex((gain) => gain >= 0.9 * most)] ?? 0;
  return countText(size, 'feature');
}
