import { countText } from '../../../../protocol/countText.ts';
import type { Chart } from '../../../../protocol/specialization.ts';
import { meanInterval } from '../meanInterval.ts';
import { blockPrompts } from '../reportManifest.ts';
import { type AblateRow, rowKey } from '../reportRows.ts';
import { type ChartData, drawn, fitNote, mark, markKey } from './chartData.ts';

const arms = [
  ['ablate', 'without the block', false],
  ['random', 'random direction as long as the update', true],
] as const;

/** Chart 1: how much a picture changes when a whole block's update is left out. */
export function wholeBlockChart({ manifest, rows }: ChartData): Chart | undefined {
  const { stages, lpips: network } = manifest.settled;
  const prompts = blockPrompts(manifest.settled);
  const rowsOf = (block: string, arm: AblateRow['arm']): readonly AblateRow[] =>
    prompts.flatMap((prompt) => {
      const row = rows.get(rowKey({ kind: 'ablate', block, prompt, arm }));
      return row?.kind === 'ablate' ? [row] : [];
    });
  const series = (figure: (row: AblateRow) => number) =>
    drawn(
      arms.map(([arm, name, isControl]) => ({
        name,
        isControl,
        marks: stages.flatMap((block, x) => {
          const found = rowsOf(block, arm);
          const [first] = found;
          if (!first || found.length < 2) return [];
          const interval = meanInterval(found.map(figure));
          const note = block in manifest.chosen.explained ? { note: fitNote(manifest, block) } : {};
          const more = { key: markKey(first), ...note };
          return [mark(x, interval, countText(found.length, 'prompt'), more)];
        }),
      })),
    );
  const pixel = series((row) => row.pixel);
  if (pixel.length === 0) return undefined;
  const own = pixel.find(({ isControl }) => !isControl)?.marks ?? [];
  const largest = [...own].sort((a, b) => b.y - a.y)[0];
  const name = largest ? stages[largest.x] : undefined;
  const shared = { xTitle: 'Block, in the order in which they run', kind: 'bars', columns: stages };
  return {
    id: 1,
    title: 'Without a whole block',
    formula:
      'The block’s update is left out at all steps: output = input (of a resnet that changes the width: its shortcut’s output). ' +
      'Distance: mean |Δ| over pixels and channels, of 255. SSIM of the luminance. Intervals: mean over prompts ± t · s / √n. ' +
      'Control: a random direction is added instead, as long as the update in every cell. ' +
      (network === undefined
        ? 'LPIPS: absent, no network for it was given.'
        : `LPIPS (Zhang et al. 2018) by the network ${network.slice(0, 12)}…: 0 is equal.`),
    finding:
      largest && name !== undefined
        ? `Leaving out ${name} changes the picture most: ${largest.y.toFixed(1)} of 255.`
        : 'Nothing is measured yet.',
    facets: [
      { title: 'Distance', yTitle: 'mean |Δ|, of 255', ...shared, kind: 'bars', series: pixel },
      { title: 'SSIM', yTitle: 'SSIM', ...shared, kind: 'bars', series: series((row) => row.ssim) },
      ...(network === undefined
        ? []
        : [
            {
              ...{ title: 'LPIPS', yTitle: 'LPIPS', ...shared, kind: 'bars' as const },
              series: series((row) => row.lpips ?? NaN),
            },
          ]),
    ],
  };
}
