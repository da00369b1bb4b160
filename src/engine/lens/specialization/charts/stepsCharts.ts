import { countText } from '../../../../protocol/countText.ts';
import type { Chart, ChartFacet, ChartSeries } from '../../../../protocol/specialization.ts';
import { meanInterval } from '../meanInterval.ts';
import { blockPrompts } from '../reportManifest.ts';
import { type AblateRow, rowKey, type StayRow, type StepsRow } from '../reportRows.ts';
import { windowsOf } from '../reportUnits.ts';
import { type ChartData, drawn, mark, markKey } from './chartData.ts';
import { rSquaredTerms } from './rSquaredTerms.ts';

const overPrompts = 'Intervals: mean over prompts ± t · s / √n.';

/** Chart 10: how much of a block's update its SAE explains at each step, and with how many features. */
export function fitChart({ manifest, rows }: ChartData): Chart | undefined {
  const { blocks, steps } = manifest.settled;
  const rowsOf = (block: string): readonly StepsRow[] =>
    blockPrompts(manifest.settled).flatMap((prompt) => {
      const row = rows.get(rowKey({ kind: 'steps', block, prompt }));
      return row?.kind === 'steps' ? [row] : [];
    });
  const series = (figure: (rows: readonly StepsRow[], step: number) => readonly number[]) =>
    drawn(
      blocks.map((block): ChartSeries => {
        const found = rowsOf(block);
        const marks = Array.from({ length: steps.over }, (_, step) => step).flatMap((step) => {
          if (found.length < 2) return [];
          const interval = meanInterval(figure(found, step));
          const key = markKey({ kind: 'steps', block, step });
          return [mark(step + 1, interval, countText(found.length, 'prompt'), { key })];
        });
        return { name: block, block, isControl: false, marks };
      }),
    );
  const rSquared = series((found, step) =>
    rSquaredTerms(
      found.map(({ error, spread }) => ({ error: error[step] ?? 0, spread: spread[step] ?? 0 })),
    ),
  );
  if (rSquared.length === 0) return undefined;
  const shared = { xTitle: 'step', kind: 'lines' } as const;
  return {
    id: 10,
    title: 'What the SAE explains, step by step',
    formula:
      'R² = 1 - Σ‖ΔD - h_hat‖² / Σ‖ΔD - mean‖² over all cells of all pictures, the mean being each picture’s own at that step: below 0 it is ' +
      'worse than that mean. L0: active features a cell. Intervals over prompts: of the ratio by its linear terms (delta method), ± t · s / √n.',
    finding: changeOverSteps(rSquared),
    facets: [
      { title: 'R²', yTitle: 'R²', ...shared, series: rSquared },
      {
        ...{ title: 'L0', yTitle: 'active features a cell', ...shared },
        series: series((found, step) => found.map(({ l0 }) => l0[step] ?? 0)),
      },
    ],
  };
}

function changeOverSteps(series: readonly ChartSeries[]): string {
  const changes = series.flatMap(({ name, marks }) => {
    const [first, last] = [marks[0], marks.at(-1)];
    if (!first || !last) return [];
    if (last.high < first.low) return [`${name} falls`];
    return last.low > first.high ? [`${name} rises`] : [];
  });
  return changes.length > 0
    ? `From the first to the last step (intervals apart): ${changes.join(', ')}.`
    : 'No block’s R² at the last step lies apart from that at the first.';
}

/** Chart 11: how much of the codes of one step is still there at another. */
export function stayChart({ manifest, rows }: ChartData): Chart | undefined {
  const { blocks, steps } = manifest.settled;
  const pairs = Array.from({ length: steps.over }, (_, from) => from).flatMap((from) =>
    Array.from({ length: steps.over - from - 1 }, (_, i) => ({ from, to: from + 1 + i })),
  );
  const prompts = blockPrompts(manifest.settled);
  const facet = (title: string, figure: 'cosine' | 'iou'): ChartFacet => ({
    ...{ title, xTitle: 'two steps', yTitle: title, kind: 'lines' },
    columns: pairs.map(({ from, to }) => `${from + 1}–${to + 1}`),
    series: drawn(
      (['same', 'other'] as const).flatMap((arm) =>
        blocks.map((block): ChartSeries => {
          const isControl = arm === 'other';
          const marks = pairs.flatMap((pair, x) => {
            const found = prompts.flatMap((prompt): StayRow[] => {
              const row = rows.get(rowKey({ kind: 'stay', block, prompt, arm, ...pair }));
              return row?.kind === 'stay' ? [row] : [];
            });
            const [first] = found;
            if (!first || found.length < 2) return [];
            const interval = meanInterval(found.map((row) => row[figure]));
            return [mark(x, interval, countText(found.length, 'prompt'), { key: markKey(first) })];
          });
          return { name: isControl ? `${block}, other prompt` : block, block, isControl, marks };
        }),
      ),
    ),
  });
  const facets = [facet('Cosine', 'cosine'), facet('IoU', 'iou')];
  const [cosine] = facets;
  if (!cosine || cosine.series.length === 0) return undefined;
  const far = cosine.series
    .filter(({ isControl }) => !isControl)
    .flatMap(({ name, marks }) => {
      const found = marks.find(({ x }) => x === steps.over - 2);
      return found ? [`${name} ${found.y.toFixed(2)}`] : [];
    });
  return {
    id: 11,
    title: 'How long features stay',
    formula:
      'Cosine of the codes of all cells at two steps as one vector; IoU of the sets of (cell, active feature). Control: the later step is that of ' +
      `the next prompt’s picture. ${overPrompts}`,
    finding: `Cosine of the first and the last step: ${far.join(', ')}.`,
    facets,
  };
}

/** Chart 12: when a block matters. */
export function windowChart({ manifest, rows }: ChartData): Chart | undefined {
  const { blocks, steps } = manifest.settled;
  const windows = windowsOf(steps.over);
  const prompts = blockPrompts(manifest.settled);
  const series = (arm: AblateRow['arm']): readonly ChartSeries[] =>
    drawn(
      blocks.map((block): ChartSeries => {
        const marks = windows.flatMap((steps_, x) => {
          const window = [...steps_];
          const found = prompts.flatMap((prompt): AblateRow[] => {
            const row = rows.get(rowKey({ kind: 'ablate', block, prompt, arm, window }));
            return row?.kind === 'ablate' ? [row] : [];
          });
          const [first] = found;
          if (!first || found.length < 2) return [];
          const interval = meanInterval(found.map(({ pixel }) => pixel));
          return [mark(x, interval, countText(found.length, 'prompt'), { key: markKey(first) })];
        });
        return { name: block, block, isControl: arm === 'random', marks };
      }),
    );
  const columns = windows.map((window) =>
    window.length === 1
      ? `step ${(window[0] ?? 0) + 1}`
      : `steps ${(window[0] ?? 0) + 1}–${(window.at(-1) ?? 0) + 1}`,
  );
  const own = series('ablate');
  if (own.length === 0) return undefined;
  const shared = { xTitle: 'left out', yTitle: 'mean |Δ|, of 255', kind: 'heat', columns } as const;
  const strongest = own.map(({ name, marks }) => {
    const [most] = [...marks].sort((a, b) => b.y - a.y);
    return `${name} at ${columns[most?.x ?? 0] ?? ''}`;
  });
  return {
    id: 12,
    title: 'Without a block for some steps',
    formula: `Mean |Δ| over pixels and channels, of 255, when the block’s update is left out in these steps only. Control: a random direction as long as the update in every cell, in the same steps. ${overPrompts}`,
    finding: `Each block matters most: ${strongest.join(', ')}.`,
    facets: [
      { title: 'Without the block', ...shared, series: own },
      { title: 'Random direction of equal norm', ...shared, series: series('random') },
    ],
  };
}
