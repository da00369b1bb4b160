import type { AcceptanceRecord, FitFigures, SaeEntry, SaeReason } from '../protocol/saes.ts';

const reasons: Readonly<Record<SaeReason, string>> = {
  only: 'used',
  chosen: 'used: chosen',
  newest: 'used: imported last',
};

/** One line an SAE. */
export function saeTable(saes: readonly SaeEntry[]): string {
  if (saes.length === 0) return 'No SAEs.\n';
  const rows = saes.map((sae) => [
    sae.block,
    sae.saeId,
    `${String(sae.nFeatures)} x ${String(sae.dModel)}`,
    sae.rule,
    sae.target === 'update' ? 'ΔD' : sae.target,
    sae.format,
    sae.verdict?.status ?? 'not judged',
    sae.isForOtherWeights
      ? 'for other weights of this model'
      : sae.activeBecause
        ? reasons[sae.activeBecause]
        : '',
  ]);
  return columns([
    ['block', 'id', 'features', 'rule', 'encodes', 'from', 'verdict', 'use'],
    ...rows,
  ]);
}

/** Verdict, figures with their formulas, every other reading that was tried. */
export function reportText(record: AcceptanceRecord): string {
  const { verdict, settings, formulas, perStep, overall, readings } = record;
  const figures = ({ cellCount, explainedVariance, rSquared, l0, deadShare }: FitFigures) => [
    explainedVariance?.toFixed(4) ?? '-',
    rSquared?.toFixed(4) ?? '-',
    l0.toFixed(2),
    `${(100 * deadShare).toFixed(1)} %`,
    String(cellCount),
  ];
  const head = ['EV', 'R²', 'L0', 'dead', 'cells'];
  return [
    `${verdict.status.toUpperCase()} (${verdict.name}): ${verdict.text}`,
    `${record.saeId} at ${record.blockPath}, ${record.rule}, encodes ${record.target === 'update' ? 'ΔD' : 'the output'}`,
    `${String(settings.prompts.length)} prompts, seeds from ${String(settings.seed)}, steps: ${String(settings.steps)}, guidance ${String(settings.guidanceScale)}`,
    '',
    columns([
      ['step', ...head],
      ...perStep.map((step) => [String(step.stepIndex + 1), ...figures(step.figures)]),
    ]),
    columns([
      ['what may be wrong', 'read with', ...head],
      ['as-declared', '', ...figures(overall)],
      ...readings.map((one) => [one.name, one.description, ...figures(one.figures)]),
    ]),
    `EV: ${formulas.explainedVariance}`,
    `R²: ${formulas.rSquared}`,
    '',
  ].join('\n');
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
