import type { TapEdit } from '../../onnx/tapEdit.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import { toCells } from '../../pipeline/stageSamples.ts';
import type { TapRows } from '../../pipeline/tapRows.ts';
import { decodeCells } from '../dictionary/encode.ts';
import { normaliseCells } from '../dictionary/normaliseCells.ts';
import type { BlockFacts } from '../intervene/blockFacts.ts';
import { rowsAt } from '../intervene/staticCodes.ts';
import { TapEditBuilder } from '../intervene/tapEditBuilder.ts';
import type { Components } from './componentsFile.ts';
import type { RebuildRow } from './reportRows.ts';

/** What a block's update is replaced with, and how much of it is missing. */
export interface RebuiltUpdate {
  /** One a step. */
  readonly edits: readonly TapEdit[];
  /** `Σ‖ΔD - rebuilt‖²` and `Σ‖ΔD - mean‖²` over steps and cells of the conditional row, the mean being the components'. */
  readonly error: number;
  readonly spread: number;
}

/**
 * A block's update made again from the `count` strongest features of each cell (with b_pre, as the SAE decodes), or from
 * `count` principal components: `mean + Σ_c ⟨ΔD - mean, v_c⟩ v_c`. Every row of the batch by its own update.
 *
 * @param base made with the block's updates
 */
export function rebuildUpdate(
  base: BaseRun,
  block: BlockFacts,
  { arm, count }: Pick<RebuildRow, 'arm' | 'count'>,
  components: Components,
): RebuiltUpdate {
  let [error, spread] = [0, 0];
  const edits = base.steps.map((_, stepIndex) => {
    const rows = rowsAt(base, stepIndex, block.name);
    const { cellsHigh, cellsWide } = rows;
    const size = { rows: rows.rows, cells: cellsHigh * cellsWide, width: block.width };
    const tensor = new Float32Array(size.rows * size.width * size.cells);
    for (let row = 0; row < size.rows; row++) {
      const start = row * size.width * size.cells;
      const update = rows.update?.subarray(start, start + size.width * size.cells);
      const own = toCells(update ?? new Float32Array(), size.width); // [cells, width]
      const rebuilt =
        arm === 'pca'
          ? fromComponents(own, components, count)
          : fromFeatures(own, rows, row, block, count);
      for (let cell = 0; cell < size.cells; cell++) {
        for (let i = 0; i < size.width; i++) {
          tensor[start + i * size.cells + cell] = rebuilt[cell * size.width + i]!;
        }
      }
      if (row < size.rows - 1) continue;
      const { mean } = components;
      own.forEach((value, i) => {
        error += (value - rebuilt[i]!) ** 2;
        spread += (value - mean[i % size.width]!) ** 2;
      });
    }
    const everywhere = new Float32Array(size.cells).fill(1);
    const builder = new TapEditBuilder({ ...size, nFeatures: 0 });
    builder.fade(everywhere);
    builder.addTensor(tensor, everywhere);
    return builder.build(rows);
  });
  return { edits, error, spread };
}

function fromComponents(
  cells: Float32Array,
  { mean, vectors }: Components,
  count: number,
): Float64Array {
  const width = mean.length;
  const rebuilt = Float64Array.from(cells, (_, i) => mean[i % width]!);
  for (let at = 0; at < cells.length; at += width) {
    for (const vector of vectors.slice(0, count)) {
      let code = 0;
      for (let i = 0; i < width; i++) code += (cells[at + i]! - mean[i]!) * vector[i]!;
      for (let i = 0; i < width; i++) rebuilt[at + i]! += code * vector[i]!;
    }
  }
  return rebuilt;
}

/**
 * What an SAE decodes to from the `count` strongest features of each cell.
 *
 * @param cells f32 `[cells, width]`: the update of one row of the batch
 * @returns f64 `[cells, width]`
 */
export function fromFeatures(
  cells: Float32Array,
  { codes }: TapRows,
  row: number,
  { sae, width }: BlockFacts,
  count: number,
): Float64Array {
  if (!sae || !codes) throw new RangeError('Only a block with an SAE is rebuilt from features.');
  const positions = cells.length / width;
  const { slotCount } = codes;
  const offsets = new Int32Array(positions + 1);
  const kept: (readonly [id: number, value: number])[] = [];
  for (let cell = 0; cell < positions; cell++) {
    const start = (row * positions + cell) * slotCount;
    const active = Array.from(
      { length: slotCount },
      (_, slot) => [codes.ids[start + slot]!, codes.values[start + slot]!] as const,
    ).filter(([, value]) => value > 0);
    kept.push(...active.sort(([a, x], [b, y]) => y - x || a - b).slice(0, count));
    offsets[cell + 1] = kept.length;
  }
  const { definition } = sae;
  const { norms } = normaliseCells(definition.normalisation, cells, width);
  const ids = Int32Array.from(kept, ([id]) => id);
  const values = Float64Array.from(kept, ([, value]) => value);
  const { nFeatures } = definition;
  return decodeCells(definition, { positions, nFeatures, offsets, ids, values }, norms);
}
