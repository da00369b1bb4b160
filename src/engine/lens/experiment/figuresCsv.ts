import { type ExperimentRow, type MetricName, metricNames } from '../../../protocol/experiment.ts';
import type { EditFigures } from '../../../protocol/interventions.ts';
import type { SettledExperiment } from './settleExperiment.ts';

export function metricOf(figures: EditFigures, name: MetricName): number | null {
  switch (name) {
    case 'share':
    case 'inside':
    case 'outside':
    case 'locality':
      return figures.area[name];
    case 'lpips':
      return figures.lpips?.distance ?? null;
    default:
      return figures[name];
  }
}

/**
 * The figures of all pictures as CSV (RFC 4180), one row a picture; empty where there is no figure. Numbers are as they
 * were computed: distances of 255, `ssim` -1 ... 1, `share` 0 ... 1.
 *
 * @param metrics columns, all without it
 */
export function figuresCsv(
  { bases }: Pick<SettledExperiment, 'bases'>,
  rows: readonly ExperimentRow[],
  metrics: readonly MetricName[] = metricNames,
): string {
  const head = ['column', 'seed', 'prompt', 'variant', 'picture', 'area', ...metrics];
  const lines = rows.map(({ column, variant, picture, figures }) => [
    ...[column + 1, bases[column]?.seed, bases[column]?.prompt, variant ?? 'unedited', picture],
    figures?.area.kind,
    ...metrics.map((name) => figures && metricOf(figures, name)),
  ]);
  return [head, ...lines].map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

function field(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
