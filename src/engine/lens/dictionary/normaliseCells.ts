import type { SaeNormalisation } from '../../models/sae/saeDefinition.ts';

/** What undoes the normaliser of each cell: `h = x · scale + shift`. */
export interface CellNorms {
  readonly scale: Float64Array; // [positions]
  readonly shift: Float64Array; // [positions]
}

/**
 * Applies the SAE's input normaliser to each cell.
 *
 * `layer-norm` divides by (std + 1e-5) but is undone by std alone, with d - 1 in the variance: SAELens's own rule, and
 * torch's `std`.
 *
 * @param hidden f32 `[positions, dModel]`
 * @returns f64 `[positions, dModel]` and what undoes it
 * @source sae-lens 6.54 SAE._setup_activation_normalization
 */
export function normaliseCells(
  normalisation: SaeNormalisation,
  hidden: Float32Array,
  dModel: number,
): { cells: Float64Array; norms: CellNorms } {
  const positions = hidden.length / dModel;
  const cells = Float64Array.from(hidden);
  const scale = new Float64Array(positions).fill(1);
  const shift = new Float64Array(positions);
  if (normalisation === 'none') return { cells, norms: { scale, shift } };
  for (let position = 0; position < positions; position++) {
    const cell = cells.subarray(position * dModel, (position + 1) * dModel);
    if (normalisation === 'constant-norm') {
      const norm = Math.sqrt(cell.reduce((sum, value) => sum + value * value, 0));
      const factor = norm > 0 ? Math.sqrt(dModel) / norm : 1;
      for (let i = 0; i < dModel; i++) cell[i] = (cell[i] ?? 0) * factor;
      scale[position] = 1 / factor;
    } else {
      const mean = cell.reduce((sum, value) => sum + value, 0) / dModel;
      const squares = cell.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const std = Math.sqrt(squares / Math.max(1, dModel - 1));
      for (let i = 0; i < dModel; i++) cell[i] = ((cell[i] ?? 0) - mean) / (std + 1e-5);
      scale[position] = std;
      shift[position] = mean;
    }
  }
  return { cells, norms: { scale, shift } };
}
