import { countText } from '../../../../protocol/countText.ts';
import type { Chart, ChartSeries } from '../../../../protocol/specialization.ts';
import { crossedBootstrap, crossedIntervals, intervalOf } from '../crossedBootstrap.ts';
import type { EditRow } from '../reportRows.ts';
import { type ChartData, crossedOf, drawn, fitNote, mark, slotsOf } from './chartData.ts';

const armWords = {
  feature: '',
  random: ', random directions',
  flip: ', sign flipped',
} as const satisfies Record<EditRow['arm'], string>;

const doseFormula =
  'dose = ‖δ‖ / rms‖ΔD‖ (root mean squares over the cells; ΔD over the choosing prompts). The feature is added in the middle ' +
  'quarter of the picture, at all steps.';
const crossed =
  'Intervals: 95 %, bootstrap over features and prompts as crossed factors. The prompts that measure had no part in choosing the features.';

/** Charts 2 and 9 have a line for each block and arm, with a mark for each dose. */
function seriesOf(
  data: ChartData,
  arms: readonly EditRow['arm'][],
  markOf: (place: Pick<EditRow, 'block' | 'arm' | 'dose'>, n: string) => ChartSeries['marks'],
): readonly ChartSeries[] {
  const { manifest, editedPrompts } = data;
  const { blocks, doses } = manifest.settled;
  const prompts = countText(editedPrompts.length, 'prompt');
  return drawn(
    arms.flatMap((arm) =>
      blocks.map((block) => {
        const unit = arm === 'random' ? 'direction' : 'feature';
        const n = `${countText(slotsOf(manifest, block).length, unit)} x ${prompts}`;
        return {
          ...{ name: `${block}${armWords[arm]}`, block, isControl: arm !== 'feature' },
          marks: doses.flatMap((dose) => markOf({ block, arm, dose }, n)),
        };
      }),
    ),
  );
}

const noteOf = (
  { manifest }: ChartData,
  { block, dose }: Pick<EditRow, 'block' | 'dose'>,
): string => `dose ${dose}; ${fitNote(manifest, block)}`;

/** Chart 2: how much more an edit changes where it was made than elsewhere. */
export function insideOutsideChart(data: ChartData): Chart | undefined {
  const { editedPrompts: prompts, manifest } = data;
  if (prompts.length < 2) return undefined;
  const series = seriesOf(data, ['feature', 'random'], (place, n) => {
    const figure = (of: (row: EditRow) => number) => crossedOf(data, prompts, place, of);
    const groups = [[figure((row) => row.inside), figure((row) => row.outside)]];
    const { means, deviations } = crossedBootstrap(groups, manifest.settled.seed);
    const [inside = 0, outside = 0] = means;
    if (!(inside > 0 && outside > 0)) return [];
    // The logarithm's linear terms: a replicate in which the outside comes near 0 would make the interval endless.
    const logs = deviations.map(([a = 0, b = 0]) => a / inside - b / outside);
    const { value, low, high } = intervalOf(Math.log(inside / outside), logs);
    const effect = figure((row) => row.pixel).flat();
    const x = effect.reduce((sum, one) => sum + one, 0) / effect.length;
    const { block, arm, dose } = place;
    const interval = { value: Math.exp(value), low: Math.exp(low), high: Math.exp(high) };
    const key = `edit ${block} ${arm} ${dose}`;
    return [mark(x, interval, n, { key, note: noteOf(data, place) })];
  });
  return {
    id: 2,
    title: 'Inside against outside, at matched effect',
    formula:
      `y = mean |Δ| inside of the edited quarter / mean |Δ| outside; x = mean |Δ| of the whole picture, of 255; one mark a dose, ${doseFormula} ` +
      `Compare lines at the same x. Control: random directions of the same norm on the same map. ${crossed}`,
    finding: localFinding(series),
    facets: [
      {
        title: 'Inside / outside',
        xTitle: 'total effect: mean |Δ| of 255',
        yTitle: 'inside / outside',
        kind: 'lines',
        series,
      },
    ],
  };
}

/** Each block against its own control, at the largest dose. */
function localFinding(series: readonly ChartSeries[]): string {
  const special = series.flatMap(({ block, isControl, marks }) => {
    const own = marks.at(-1);
    const control = series.find((other) => other.block === block && other.isControl)?.marks.at(-1);
    if (isControl || !own || !control || block === undefined) return [];
    if (own.low > control.high) return [`${block} more locally than random directions`];
    return own.high < control.low ? [`${block} less locally than random directions`] : [];
  });
  if (special.length === 0) {
    return 'At the largest dose, no block’s features act more or less locally than random directions in it (intervals overlap).';
  }
  return `At the largest dose (intervals apart): ${special.join('; ')}.`;
}

/** Chart 9: what more of a feature does, and less of it. */
export function doseChart(data: ChartData): Chart | undefined {
  const { editedPrompts: prompts, manifest } = data;
  if (prompts.length < 2) return undefined;
  const series = seriesOf(data, ['feature', 'flip', 'random'], (place, n) => {
    const values = crossedOf(data, prompts, place, (row) => row.pixel);
    const [interval] = crossedIntervals([values], manifest.settled.seed);
    const key = `edit ${place.block} ${place.arm} ${place.dose}`;
    return interval ? [mark(place.dose, interval, n, { key, note: noteOf(data, place) })] : [];
  });
  return {
    id: 9,
    title: 'Dose and effect',
    formula: `y = mean |Δ| over pixels and channels, of 255; ${doseFormula} Controls: the same with its sign flipped; random directions of the same norm and map. ${crossed}`,
    finding: steepestOf(series),
    facets: [
      { title: 'Effect', xTitle: 'dose', yTitle: 'mean |Δ|, of 255', kind: 'lines', series },
    ],
  };
}

function steepestOf(series: readonly ChartSeries[]): string {
  const last = series
    .filter(({ isControl }) => !isControl)
    .flatMap(({ block, marks }) => {
      const end = marks.at(-1);
      return end && block !== undefined ? [{ block, ...end }] : [];
    })
    .sort((a, b) => b.y - a.y);
  const [first, second] = last;
  if (!first || !second) return 'One block is measured; there is nothing to compare it with.';
  const apart = first.low > second.high ? 'intervals apart' : 'intervals overlap';
  return `At dose ${first.x}, ${first.block} changes the picture most (${first.y.toFixed(1)} of 255), before ${second.block} (${second.y.toFixed(1)}); ${apart}.`;
}
