import { countText } from '../../../../protocol/countText.ts';
import type { Chart, ChartFacet, ChartSeries } from '../../../../protocol/specialization.ts';
import { meanInterval } from '../meanInterval.ts';
import { measuringPrompts } from '../reportManifest.ts';
import { type RebuildRow, rowKey } from '../reportRows.ts';
import { rebuildCounts } from '../reportUnits.ts';
import { type ChartData, drawn, fitNote, mark, markKey } from './chartData.ts';
import { rSquaredTerms } from './rSquaredTerms.ts';

/** Chart 14: how much of a block, and of the picture, is in a few features. */
export function rebuildChart({ manifest, rows }: ChartData): Chart | undefined {
  const { blocks } = manifest.settled;
  const prompts = measuringPrompts(manifest.settled);
  const series = (termsOf: (found: readonly RebuildRow[]) => readonly number[]) =>
    drawn(
      (['sae', 'pca'] as const).flatMap((arm) =>
        blocks.map((block): ChartSeries => {
          const marks = rebuildCounts.flatMap((count, x) => {
            const found = prompts.flatMap((prompt): RebuildRow[] => {
              const row = rows.get(rowKey({ kind: 'rebuild', block, prompt, arm, count }));
              return row?.kind === 'rebuild' ? [row] : [];
            });
            const [first] = found;
            if (!first || found.length < 2) return [];
            const note = arm === 'sae' ? { note: fitNote(manifest, block) } : {};
            const more = { key: markKey(first), ...note };
            const interval = meanInterval(termsOf(found));
            return [mark(x, interval, countText(found.length, 'prompt'), more)];
          });
          const isControl = arm === 'pca';
          return { name: isControl ? `${block}, PCA` : block, block, isControl, marks };
        }),
      ),
    );
  const rSquared = series(rSquaredTerms);
  if (rSquared.length === 0) return undefined;
  const facet = (title: string, yTitle: string, of: readonly ChartSeries[]): ChartFacet => ({
    ...{ title, xTitle: 'features a cell, or components', yTitle, kind: 'lines', series: of },
    columns: rebuildCounts.map(String),
  });
  return {
    id: 14,
    title: 'A block made of few features',
    formula:
      'The block’s update is replaced with what its SAE decodes to from the k strongest features of each cell (with b_pre; an SAE with fewer ' +
      'active ones gives all), or, as control, with its mean and k principal components of the choosing prompts’ updates. R² = 1 - Σ‖ΔD - rebuilt‖² / ' +
      'Σ‖ΔD - mean‖² over the cells of all pictures, the mean being that of the choosing prompts. Picture: mean |Δ| over pixels and channels, of 255. Intervals over prompts: ± t · s / √n, of R² by its linear terms. ' +
      'A component is the same direction in every cell, a feature is chosen in each cell anew: k features may say more than k components. One SAE a block, so one n.',
    finding: findingOf(rSquared),
    facets: [
      facet('R² of the update', 'R²', rSquared),
      facet(
        'Picture',
        'mean |Δ|, of 255',
        series((found) => found.map(({ pixel }) => pixel)),
      ),
    ],
  };
}

/** At the largest k, each block's SAE against its components. */
function findingOf(series: readonly ChartSeries[]): string {
  const at = rebuildCounts.length - 1;
  const parts = series.flatMap(({ block, isControl, marks }) => {
    const own = marks.find(({ x }) => x === at);
    const pca = series.find((other) => other.block === block && other.isControl);
    const control = pca?.marks.find(({ x }) => x === at);
    if (isControl || !own || !control || block === undefined) return [];
    const word = own.low > control.high ? 'above' : own.high < control.low ? 'below' : 'beside';
    return [`${block} ${own.y.toFixed(2)}, ${word} PCA’s ${control.y.toFixed(2)}`];
  });
  return `R² with ${rebuildCounts[at] ?? 0} features a cell: ${parts.join('; ')}${parts.some((part) => part.includes('beside')) ? ' (beside: intervals overlap)' : ''}.`;
}
