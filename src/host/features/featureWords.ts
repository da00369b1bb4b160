import type { BlockRow, FeatureRow } from './blockRows.ts';

/** Three digits that count. */
const strengthText = (value: number): string =>
  value === 0 ? '0' : String(Number(value.toPrecision(3)));

/** What a feature's row says beside its id; nothing for one that was not active. */
export const featureDescription = ({ mean, cells }: FeatureRow): string =>
  cells === 0 ? '' : `${strengthText(mean)} · ${String(cells)} ${cells === 1 ? 'cell' : 'cells'}`;

/** What a block's row says beside its name. */
export const blockDescription = ({ active, reading, nFeatures }: BlockRow): string =>
  reading ? `${String(active.length)} active` : `${String(nFeatures)} features`;

/** Full path, the paper's role, resolution and SAE, a line each. */
export function blockTooltip({ path, role, reading, sae, nFeatures, active }: BlockRow): string {
  const cells = reading ? `${String(reading.cellsWide)} × ${String(reading.cellsHigh)} cells` : '';
  return [
    `unet.${path.replace(/^unet\./, '')}`,
    role === undefined ? '' : `In the paper (Surkov et al. 2024): ${role}`,
    cells,
    sae ? `SAE: ${sae.rule}, ${String(nFeatures)} features, from ${sae.source}` : '',
    reading
      ? `${String(active.length)} of ${String(nFeatures)} features active at the first step`
      : '',
  ]
    .filter(Boolean)
    .join('\n');
}
