import { invalidInput } from '../../../protocol/errors.ts';
import type { TapRows } from '../../pipeline/tapRows.ts';
import { type BlockFacts, decoderRow } from './blockFacts.ts';
import { tooMany } from './staticCodes.ts';

/**
 * `Σ_f S_f W_f` of the unedited run's codes, without the decoder's bias.
 *
 * @returns f32 `[rows, width, cells]`
 * @throws `invalidInput` for an SAE that scales each cell, whose scale would be the edited run's
 */
export function rebuildStatic(rows: TapRows, { name, sae, width }: BlockFacts): Float32Array {
  const { codes } = rows;
  if (!sae || !codes)
    throw invalidInput(`There is no SAE at ${name} that could rebuild its update.`);
  if (codes.isCut) throw tooMany(name, codes.slotCount);
  if (sae.definition.normalisation !== 'none') {
    throw invalidInput(
      `The SAE at ${name} scales each cell (${sae.definition.normalisation}): reconstruct with adaptive maps.`,
    );
  }
  const cells = rows.cellsHigh * rows.cellsWide;
  const { slotCount, ids, values } = codes;
  const rebuilt = new Float32Array(rows.rows * width * cells);
  for (let slot = 0; slot < values.length; slot++) {
    const value = values[slot] ?? 0;
    if (!(value > 0)) continue;
    const [row, cell] = [
      Math.floor(slot / (cells * slotCount)),
      Math.floor(slot / slotCount) % cells,
    ];
    const column = decoderRow(sae, ids[slot] ?? 0);
    for (let channel = 0; channel < width; channel++) {
      const at = (row * width + channel) * cells + cell;
      rebuilt[at] = (rebuilt[at] ?? 0) + value * (column[channel] ?? 0);
    }
  }
  return rebuilt;
}
