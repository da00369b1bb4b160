import { isDeepStrictEqual } from 'node:util';
import { encodeCellRuns } from '../../numerics/cellRuns.ts';
import type { BoardDocument } from '../../protocol/boardPanel.ts';
import {
  type Experiment,
  type ExperimentBoard,
  experimentVersion,
  type FiledEdit,
  type FiledMask,
  type FiledVariant,
} from '../../protocol/experiment.ts';
import type { Edit, EditMask, PictureBase } from '../../protocol/recipe.ts';

/** An experiment as its file has it, and what that means on a board. */
export interface ReadExperiment {
  readonly experiment: Experiment;
  readonly document: BoardDocument;
}

/** @param runId the kept run that the picture came from, while it is the same picture */
export const documentOf = (
  { picture, columns, variants }: ExperimentBoard,
  runId: string | null,
): BoardDocument => ({ base: picture, baseRunId: runId, axis: columns, variants });

/** Whether two boards say the same, but for where their picture came from. */
export const isSameBoard = (one: BoardDocument, other: BoardDocument): boolean =>
  isDeepStrictEqual(comparable(one), comparable(other));

const comparable = ({ base, axis, variants }: BoardDocument): unknown => [
  base,
  axis,
  variants.map(({ id, recipe: { name, saes, edits } }) => [id, name ?? '', saes ?? {}, edits]),
];

/**
 * A board as an experiment. What did not change keeps the form that the file has for it.
 *
 * @param before what the file says now; undefined for a new one
 */
export function experimentOf(
  { axis, variants }: BoardDocument,
  picture: PictureBase,
  model: Experiment['model'],
  before?: ReadExperiment,
): Experiment {
  const saes: Record<string, string> = {};
  for (const { recipe } of variants) Object.assign(saes, recipe.saes);
  const old = before?.experiment;
  const hasAxis = axis.kind !== 'one' || old?.columns !== undefined;
  return {
    ...(old?.$schema !== undefined && { $schema: old.$schema }),
    version: experimentVersion,
    ...(old?.title !== undefined && { title: old.title }),
    model,
    ...(Object.keys(saes).length > 0 && { saes }),
    picture,
    ...(hasAxis && { columns: axis }),
    variants: variants.map(({ id, recipe: { name, edits } }): FiledVariant => {
      const index = before?.document.variants.findIndex((one) => one.id === id) ?? -1;
      const isSame = isDeepStrictEqual(before?.document.variants[index]?.recipe.edits, edits);
      const kept = isSame ? old?.variants[index]?.edits : undefined;
      return {
        id,
        ...(name !== undefined && { name }),
        edits: kept ?? edits.map((edit) => filedEdit(edit, before)),
      };
    }),
    ...(old?.metrics && { metrics: old.metrics }),
  };
}

function filedEdit(edit: Edit, before: ReadExperiment | undefined): FiledEdit {
  const { mask, ...rest } = edit;
  return { ...rest, ...(mask && { mask: filedMask(mask, before) }) };
}

/** The form in which the file has this very mask; else runs, which are short. */
function filedMask(mask: EditMask, before: ReadExperiment | undefined): FiledMask {
  for (const [v, { recipe }] of before?.document.variants.entries() ?? []) {
    for (const [e, edit] of recipe.edits.entries()) {
      const filed = before?.experiment.variants[v]?.edits[e]?.mask;
      if (filed && isDeepStrictEqual(edit.mask, mask)) return filed;
    }
  }
  if (mask.kind === 'pixels') return mask;
  const { cellsHigh, cellsWide, weights } = mask;
  return { kind: 'cellRuns', cellsHigh, cellsWide, runs: encodeCellRuns(weights) };
}
