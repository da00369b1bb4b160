import { areaMean } from '../../../numerics/areaMean.ts';
import { expandRuns } from '../../../numerics/maskCells.ts';
import {
  differenceMap,
  largestDifference,
  meansByArea,
  spreadCells,
} from '../../../numerics/pictureDistance.ts';
import { ssim } from '../../../numerics/ssim.ts';
import type { AreaFigures, EditFigures, LpipsFigure } from '../../../protocol/interventions.ts';
import type { EditMask, EditRecipe } from '../../../protocol/recipe.ts';
import type { BaseRun } from '../../pipeline/baseRun.ts';
import type { EditedPicture } from '../../pipeline/editing.ts';
import type { BlockFacts } from './blockFacts.ts';
import { blockNamed } from './checkAgainstModel.ts';
import { cellsOf, isEditedAt } from './compileRecipe.ts';
import { resolveSource } from './editSources.ts';
import { rowsAt, staticMaps } from './staticCodes.ts';

/** Where a picture's figures are taken. */
export interface EditArea {
  readonly kind: AreaFigures['kind'];
  /** Undefined: the whole picture. */
  readonly weights: Float32Array | undefined; // [height, width]
}

/** How far an edited picture is from its unedited one. @param lpips where a network is given */
export function figuresOf(
  base: BaseRun,
  edited: Pick<EditedPicture, 'picture' | 'latents'>,
  area: EditArea,
  lpips?: LpipsFigure,
): EditFigures {
  const [one, other] = [base.picture, edited.picture];
  const map = differenceMap(one.rgb, other.rgb);
  const { inside, outside, share } = meansByArea(map, area.weights);
  return {
    pixelDistance: meansByArea(map).inside ?? 0,
    pixelDistanceMax: largestDifference(one.rgb, other.rgb),
    ssim: ssim(one.rgb, other.rgb, one.width, one.height),
    latentDistance: latentDistance(base.latents, edited.latents),
    area: {
      kind: area.kind,
      share,
      inside,
      outside,
      locality: inside !== null && outside !== null && outside > 0 ? inside / outside : null,
    },
    ...(lpips && { lpips }),
  };
}

function latentDistance(one: Float32Array, other: Float32Array): number {
  let [largest, difference] = [0, 0];
  for (let i = 0; i < one.length; i++) {
    largest = Math.max(largest, Math.abs(one[i] ?? 0));
    difference = Math.max(difference, Math.abs((one[i] ?? 0) - (other[i] ?? 0)));
  }
  return largest > 0 ? difference / largest : difference;
}

/** Every pixel alike. */
export const wholePicture: EditArea = { kind: 'everything', weights: undefined };

/** A mask on the pixels of a picture. */
export function regionOf(mask: EditMask, { picture }: BaseRun): EditArea {
  const { width, height } = picture;
  cellsOf(mask, height, width);
  const weights =
    mask.kind === 'pixels'
      ? areaMean(
          { high: mask.height, wide: mask.width, values: expandRuns(mask) },
          height,
          width,
        ).map((value) => value / 255)
      : spreadCells(Float32Array.from(mask.weights), mask.cellsHigh, mask.cellsWide, height, width);
  return { kind: 'region', weights };
}

/** Where a recipe acts: its masks; without them the cells in which its sources were active, else everywhere. */
export function areaOf(recipe: EditRecipe, base: BaseRun, blocks: readonly BlockFacts[]): EditArea {
  const { width, height } = base.picture;
  const weights = new Float32Array(width * height);
  let kind: AreaFigures['kind'] = 'mask';
  for (const edit of recipe.edits) {
    const rows = rowsAt(base, 0, edit.block);
    let cells: Float32Array | undefined;
    if (edit.mask) cells = cellsOf(edit.mask, rows.cellsHigh, rows.cellsWide);
    else {
      cells = activeCells(edit, base, blocks);
      kind = 'active';
    }
    if (!cells) return wholePicture;
    const pixels = spreadCells(cells, rows.cellsHigh, rows.cellsWide, height, width);
    pixels.forEach((weight, i) => {
      weights[i] = Math.max(weights[i] ?? 0, weight);
    });
  }
  if (recipe.edits.length === 0) return wholePicture;
  return { kind, weights };
}

/** 1 where a source of the edit was active in an edited step, conditional row; undefined for edits of everything. */
function activeCells(
  edit: EditRecipe['edits'][number],
  base: BaseRun,
  blocks: readonly BlockFacts[],
): Float32Array | undefined {
  const isByCode = edit.kind === 'scale' || (edit.kind === 'add' && edit.onlyActive !== undefined);
  if (!isByCode && edit.kind !== 'addMap') return undefined;
  const block = blockNamed(edit.block, blocks);
  const { cellsHigh, cellsWide, rows } = rowsAt(base, 0, edit.block);
  const cells = new Float32Array(cellsHigh * cellsWide);
  const mark = (map: ArrayLike<number>): void => {
    for (let cell = 0; cell < cells.length; cell++) if ((map[cell] ?? 0) !== 0) cells[cell] = 1;
  };
  base.steps.forEach((_, stepIndex) => {
    if (!isEditedAt(edit, stepIndex)) return;
    if (edit.kind === 'addMap') {
      for (const map of edit.weights[stepIndex] ?? []) mark(map);
      return;
    }
    for (const source of edit.sources) {
      const resolved = resolveSource(source, block);
      // A direction is nowhere exactly 0: such an edit is everywhere.
      if (resolved.feature === undefined) cells.fill(1);
      else mark(staticMaps(rowsAt(base, stepIndex, edit.block), resolved)[rows - 1] ?? []);
    }
  });
  return cells;
}
