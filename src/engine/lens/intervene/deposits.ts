import { invalidInput } from '../../../protocol/errors.ts';
import type { Edit, EditRecipe } from '../../../protocol/recipe.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import { amountOf, maxOf, type ObservedMaxima } from './amounts.ts';
import type { BlockFacts } from './blockFacts.ts';
import { blockNamed } from './checkAgainstModel.ts';
import { cellsOf, isEditedAt } from './compileRecipe.ts';
import { type ResolvedSource, resolveSource } from './editSources.ts';
import { rowsAt, staticMaps } from './staticCodes.ts';

/** What an edit adds along one source, cell by cell: the common form of an edit and its controls. */
export interface Deposit {
  readonly source: ResolvedSource;
  readonly block: BlockFacts;
  readonly cellsHigh: number;
  readonly cellsWide: number;
  /** In codes; a row of zeros stands for one that is not edited. */
  readonly weights: readonly (readonly Float32Array[])[]; // [steps][rows][cells]
  /** The update that is taken away first. */
  readonly cleared: Extract<Edit, { kind: 'replace' }> | undefined;
}

/** `Σ |weight| · ‖W‖` over steps, rows and cells. */
export const massOf = ({ weights, source }: Deposit): number =>
  source.norm * weights.flat(2).reduce((sum, map) => sum + sumOfSizes(map), 0);

const sumOfSizes = (map: Float32Array): number =>
  map.reduce((sum, value) => sum + Math.abs(value), 0);

/**
 * A recipe's edits as deposits, with the codes of the unedited run (also where the edit is adaptive).
 *
 * @throws `invalidInput` for edits without named sources: they have no matched controls
 */
export function depositsOf(
  recipe: EditRecipe,
  base: BaseRun,
  blocks: readonly BlockFacts[],
  observed?: ObservedMaxima,
): readonly Deposit[] {
  return recipe.edits.flatMap((edit) => {
    if (!('sources' in edit) || edit.kind === 'keepOnly') {
      throw invalidInput(
        `An edit of the kind "${edit.kind}" has no matched controls: there are some for edits that scale, add or replace by named features or directions.`,
      );
    }
    const block = blockNamed(edit.block, blocks);
    const { cellsHigh, cellsWide } = rowsAt(base, 0, edit.block);
    return edit.sources.map((recipeSource) => {
      const source = resolveSource(recipeSource, block);
      const weights = base.steps.map((_, stepIndex) =>
        weightsAt(edit, source, base, block, stepIndex, observed),
      );
      const cleared = edit.kind === 'replace' ? edit : undefined;
      return { source, block, cellsHigh, cellsWide, weights, cleared };
    });
  });
}

function weightsAt(
  edit: Extract<Edit, { kind: 'scale' | 'add' | 'replace' | 'addMap' }>,
  source: ResolvedSource,
  base: BaseRun,
  block: BlockFacts,
  stepIndex: number,
  observed: ObservedMaxima | undefined,
): readonly Float32Array[] {
  const rows = rowsAt(base, stepIndex, block.name);
  const cells = rows.cellsHigh * rows.cellsWide;
  const none = Array.from({ length: rows.rows }, () => new Float32Array(cells));
  if (!isEditedAt(edit, stepIndex)) return none;
  const mask = cellsOf(edit.mask, rows.cellsHigh, rows.cellsWide);
  const last = rows.rows - 1;
  if (edit.kind === 'addMap') {
    const given = edit.weights[stepIndex] ?? [];
    return none.map((map, row) =>
      map.map(
        (_, cell) => (mask[cell] ?? 0) * (given[row - rows.rows + given.length]?.[cell] ?? 0),
      ),
    );
  }
  if (edit.kind === 'scale') {
    const codes = staticMaps(rows, source);
    return codes.map((map) =>
      map.map((code, cell) => (edit.factor - 1) * code * (mask[cell] ?? 0)),
    );
  }
  const amount = amountOf(edit.strength, source, () =>
    maxOf(source, base, block.sae?.sha256, observed),
  );
  const codes =
    edit.kind === 'add' && edit.onlyActive !== undefined ? staticMaps(rows, source) : undefined;
  const signOf = (row: number): number =>
    row === last ? 1 : edit.kind === 'add' && edit.rows === 'both' ? -1 : 0;
  return none.map((map, row) =>
    map.map((_, cell) => {
      const isIn = codes === undefined || (codes[row]?.[cell] ?? 0) > 0;
      return isIn ? signOf(row) * amount * (mask[cell] ?? 0) : 0;
    }),
  );
}
