import {
  type BoardAxis,
  type BoardColumn,
  type BoardCommand,
  type BoardDocument,
  boardLimits,
  type BoardVariant,
} from '../../protocol/boardPanel.ts';
import { invalidInput } from '../../protocol/errors.ts';
import { columnPictures } from '../../protocol/experimentColumns.ts';
import type { PictureBase } from '../../protocol/recipe.ts';
import { promptLine } from '../words.ts';

export const emptyDocument: BoardDocument = {
  base: null,
  baseRunId: null,
  axis: { kind: 'one' },
  variants: [],
};

/** A document after a command, and what undo will call it. */
export interface Step {
  readonly document: BoardDocument;
  readonly label: string;
}

/** @throws `invalidInput` for a variant that is not there, and for more rows or columns than a board has */
export function applyCommand(document: BoardDocument, command: BoardCommand): Step {
  const { variants } = document;
  switch (command.kind) {
    case 'addVariant': {
      checkCount('variants', variants.length + 1, boardLimits.variants);
      const added = { id: nextId(variants), recipe: command.recipe };
      const after = variants.findIndex(({ id }) => id === command.afterId);
      const at = after < 0 ? variants.length : after + 1;
      return {
        document: { ...document, variants: variants.toSpliced(at, 0, added) },
        label: 'add variant',
      };
    }
    case 'setRecipe': {
      const index = indexOf(variants, command.id);
      const next = variants.with(index, { id: command.id, recipe: command.recipe });
      return { document: { ...document, variants: next }, label: 'edit variant' };
    }
    case 'removeVariant': {
      const index = indexOf(variants, command.id);
      return {
        document: { ...document, variants: variants.toSpliced(index, 1) },
        label: 'remove variant',
      };
    }
    case 'moveVariant': {
      const from = indexOf(variants, command.id);
      const to = Math.min(variants.length - 1, Math.max(0, from + command.by));
      const moved = variants.toSpliced(from, 1).toSpliced(to, 0, ...variants.slice(from, from + 1));
      return { document: { ...document, variants: moved }, label: 'move variant' };
    }
    case 'setAxis':
      return {
        document: { ...document, axis: checkedAxis(command.axis) },
        label: 'change columns',
      };
    case 'setBase':
      return {
        document: { ...document, base: command.base, baseRunId: command.runId },
        label: 'change picture',
      };
  }
}

function indexOf(variants: readonly BoardVariant[], id: string): number {
  const index = variants.findIndex((one) => one.id === id);
  if (index < 0) throw invalidInput(`The board has no variant "${id}".`);
  return index;
}

/** Numbers are not used again while a variant has them. */
function nextId(variants: readonly BoardVariant[]): string {
  const numbers = variants.map(({ id }) => Number(id.slice(1))).filter(Number.isInteger);
  return `v${String(Math.max(0, ...numbers) + 1)}`;
}

function checkedAxis(axis: BoardAxis): BoardAxis {
  if (axis.kind === 'one') return axis;
  const values: readonly unknown[] = axis.kind === 'seeds' ? axis.seeds : axis.prompts;
  checkCount(axis.kind, values.length, boardLimits.columns, 1);
  return axis;
}

function checkCount(what: string, count: number, max: number, min = 0): void {
  if (count >= min && count <= max) return;
  throw invalidInput(`A board has ${String(min)} to ${String(max)} ${what}, not ${String(count)}.`);
}

/** The unedited pictures of a board, in the order of its columns. */
export const basesOf = ({ base, axis }: BoardDocument): readonly PictureBase[] =>
  base ? columnPictures(base, axis) : [];

export const columnLabel = (axis: BoardAxis, base: PictureBase): BoardColumn['label'] =>
  axis.kind === 'prompts' ? promptLine(base.prompt) : `seed ${String(base.seed)}`;
