import { countText } from '../../protocol/countText.ts';
import type { BlockRow, FeatureRow } from './blockRows.ts';

/** Three digits that count. */
const strengthText = (value: number): string =>
  value === 0 ? '0' : String(Number(value.toPrecision(3)));

/** What a feature's row says beside its name: its strength; nothing for one that was not active. */
export const featureDescription = ({ mean, cells }: FeatureRow): string =>
  cells === 0 ? '' : `${strengthText(mean)} · ${countText(cells, 'cell')}`;

/** "at step 2 of 4"; nothing for a picture of one step. */
function stepWords({ reading, stepIndex }: BlockRow): string {
  const count = reading?.steps.length ?? 0;
  return count > 1 ? `at step ${String(stepIndex + 1)} of ${String(count)}` : '';
}

/** What a feature's strength is, for its tooltip. */
export function featureTooltip(name: string, row: FeatureRow, block: BlockRow): string {
  const where = ['in this picture', stepWords(block)].filter(Boolean).join(', ');
  const label = row.label === undefined ? '' : `${row.label}\n`;
  return row.cells === 0
    ? `${label}${name}: not active ${where}`
    : `${label}${name}: mean activation over all cells, and cells in which it is active, ${where}`;
}

/** What a block's row says beside its name. The role is the paper's word, and says so. */
export function blockDescription({ active, reading, nFeatures, role }: BlockRow): string {
  const count = reading ? `${String(active.length)} active` : `${String(nFeatures)} features`;
  return role === undefined ? count : `${count} · paper: ${role}`;
}

/** Full path, the paper's role, resolution and SAE, a line each. */
export function blockTooltip(row: BlockRow): string {
  const { path, role, reading, sae, nFeatures, active } = row;
  const cells = reading ? `${String(reading.cellsWide)} × ${String(reading.cellsHigh)} cells` : '';
  return [
    `unet.${path.replace(/^unet\./, '')}`,
    role === undefined ? '' : `In the paper (Surkov et al. 2024): ${role}`,
    cells,
    sae ? `SAE: ${sae.rule}, ${String(nFeatures)} features, from ${sae.source}` : '',
    reading
      ? [`${String(active.length)} of ${String(nFeatures)} features active`, stepWords(row)]
          .filter(Boolean)
          .join(' ')
      : '',
  ]
    .filter(Boolean)
    .join('\n');
}
