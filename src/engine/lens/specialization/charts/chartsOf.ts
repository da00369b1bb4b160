import type { Chart, ChartId } from '../../../../protocol/specialization.ts';
import type { ReportManifest } from '../reportManifest.ts';
import type { ReportRow } from '../reportRows.ts';
import { changesChart } from './changesChart.ts';
import { type ChartData, chartData } from './chartData.ts';
import { conceptChart } from './conceptChart.ts';
import { doseChart, insideOutsideChart } from './editCharts.ts';
import { rebuildChart } from './rebuildChart.ts';
import { featureScoreChart, probeChart } from './sceneCharts.ts';
import { shareChart } from './shareChart.ts';
import { steerChart } from './steerChart.ts';
import { fitChart, stayChart, windowChart } from './stepsCharts.ts';
import { transferChart } from './transferChart.ts';
import { wholeBlockChart } from './wholeBlockChart.ts';

const makers: Readonly<Record<ChartId, (data: ChartData) => Chart | undefined>> = {
  1: wholeBlockChart,
  2: insideOutsideChart,
  3: changesChart,
  4: featureScoreChart,
  5: steerChart,
  6: probeChart,
  7: shareChart,
  8: transferChart,
  9: doseChart,
  10: fitChart,
  11: stayChart,
  12: windowChart,
  13: conceptChart,
  14: rebuildChart,
};

/**
 * The charts of a report from the rows that there are; those that need more are missing.
 *
 * @param wanted default: all of the report
 */
export function chartsOf(
  manifest: ReportManifest,
  rows: readonly ReportRow[],
  wanted: readonly ChartId[] = manifest.settled.charts,
): { readonly charts: readonly Chart[]; readonly missing: readonly ChartId[] } {
  const data = chartData(manifest, rows);
  const made = wanted.map((id) => [id, makers[id](data)] as const);
  return {
    charts: made.flatMap(([, chart]) => chart ?? []),
    missing: made.flatMap(([id, chart]) => (chart ? [] : [id])),
  };
}
