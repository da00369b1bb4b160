import type { AmountCheck } from '../../../protocol/interventions.ts';
import type { Edit, EditRecipe } from '../../../protocol/recipe.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import { amountOf, type KnownMax, maxOf, type ObservedMaxima } from './amounts.ts';
import type { BlockFacts } from './blockFacts.ts';
import { blockNamed } from './checkAgainstModel.ts';
import { cellsOf, isEditedAt } from './compileRecipe.ts';
import { type ResolvedSource, resolveSource } from './editSources.ts';
import { rowsAt, staticMaps } from './staticCodes.ts';

interface GuardContext {
  readonly blocks: readonly BlockFacts[];
  readonly base: BaseRun;
  readonly observed?: ObservedMaxima | undefined;
}

/** Beyond so many standard deviations above its mean a code counts as outside, where no maximum is known. */
const deviationsMax = 3;

/**
 * Each source's amount beside what was observed of it, and beside the length of the unedited update. Edits that write
 * no amounts of their own (keep only, reconstruct, ablate, swap) have none.
 */
export function checkAmounts(recipe: EditRecipe, context: GuardContext): readonly AmountCheck[] {
  return recipe.edits.flatMap((edit, editIndex) => {
    if (!('sources' in edit) || edit.kind === 'keepOnly') return [];
    const block = blockNamed(edit.block, context.blocks);
    return edit.sources.map((source) =>
      checkSource(edit, editIndex, resolveSource(source, block), block, context),
    );
  });
}

type AmountEdit = Extract<Edit, { kind: 'scale' | 'add' | 'replace' | 'addMap' }>;

function checkSource(
  edit: AmountEdit,
  editIndex: number,
  source: ResolvedSource,
  block: BlockFacts,
  { base, observed }: GuardContext,
): AmountCheck {
  const canRead =
    source.feature !== undefined || source.max !== undefined || base.updatesOf.has(block.name);
  const known = canRead ? maxOf(source, base, block.sae?.sha256, observed) : undefined;
  const strongest = largestAddition(edit, source, base, known);
  const { mean = null, std = null } = source;
  const max = known && known.value > 0 ? known.value : null;
  const ofUpdate = strongest.ofUpdate;
  const reasons: string[] = [];
  const size = Math.abs(strongest.amount);
  if (max !== null && size > max * (1 + 1e-6)) {
    const where = {
      index: 'in the index',
      picture: 'in this picture',
      source: 'where it was made',
    };
    reasons.push(
      `${times(size / max)} the largest code observed ${where[known?.from ?? 'picture']} (${digits(max)})`,
    );
  }
  if (max === null && mean !== null && std !== null && std > 0) {
    const deviations = (size - mean) / std;
    if (deviations > deviationsMax) {
      reasons.push(
        `${digits(deviations)} standard deviations above the mean of its active codes (${digits(mean)} ± ${digits(std)})`,
      );
    }
  }
  if (ofUpdate > 1) {
    reasons.push(`${times(ofUpdate)} the length of the block's own update at that cell`);
  }
  return {
    editIndex,
    block: block.name,
    label: source.label,
    amount: strongest.amount,
    mean,
    std,
    max,
    maxFrom: max === null ? null : (known?.from ?? null),
    ofUpdate,
    cell: strongest.cell,
    step: strongest.step,
    isOutside: reasons.length > 0,
    reason: reasons.join('; '),
  };
}

/** The code that is written, and where what is added is longest against the update. */
function largestAddition(
  edit: AmountEdit,
  source: ResolvedSource,
  base: BaseRun,
  known: KnownMax | undefined,
): { amount: number; ofUpdate: number; cell: number; step: number } {
  let result = { amount: 0, ofUpdate: 0, cell: 0, step: 0 };
  base.steps.forEach((_, step) => {
    if (!isEditedAt(edit, step)) return;
    const rows = rowsAt(base, step, edit.block);
    const cells = rows.cellsHigh * rows.cellsWide;
    const mask = cellsOf(edit.mask, rows.cellsHigh, rows.cellsWide);
    const hasCodes = source.feature !== undefined || rows.update !== undefined;
    const codes = hasCodes ? staticMaps(rows, source).at(-1) : undefined;
    const given = edit.kind === 'addMap' ? edit.weights[step]?.at(-1) : undefined;
    const norm = rows.norm.subarray((rows.rows - 1) * cells);
    for (let cell = 0; cell < cells; cell++) {
      const code = codes?.[cell] ?? 0;
      const weight = mask[cell] ?? 0;
      if (weight === 0) continue;
      let [written, added] = [0, 0];
      if (edit.kind === 'scale') [written, added] = [edit.factor * code, (edit.factor - 1) * code];
      else if (edit.kind === 'addMap') written = added = given?.[cell] ?? 0;
      else if (edit.kind === 'replace' || edit.onlyActive === undefined || code > 0) {
        written = added = amountOf(
          edit.strength,
          source,
          () => known ?? { value: 0, from: 'picture' },
        );
      }
      if (Math.abs(written) > Math.abs(result.amount)) result = { ...result, amount: written };
      const length = norm[cell] ?? 0;
      const ofUpdate = length > 0 ? (Math.abs(added) * weight * source.norm) / length : 0;
      if (ofUpdate > result.ofUpdate) result = { ...result, ofUpdate, cell, step };
    }
  });
  return result;
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));
const times = (value: number): string => `${digits(value)} times`;
