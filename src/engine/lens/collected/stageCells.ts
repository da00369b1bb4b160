import { modelError } from '../../../protocol/errors.ts';

/**
 * Cells of a stage, from its place: a U-net halves its latents after each of its down blocks but the last, and doubles
 * them on the way up. What a run gives is checked against it.
 *
 * @param path `down_blocks.2.attentions.1`
 * @param levelCount down blocks of the U-net
 * @throws `model` for a module that is at no such place
 * @source diffusers 0.42.1 `UNet2DConditionModel`
 */
export function stageCells(
  path: string,
  levelCount: number,
  latents: { readonly height: number; readonly width: number },
): { cellsHigh: number; cellsWide: number } {
  const level = levelOf(path, levelCount);
  const scale = 2 ** level;
  const [cellsHigh, cellsWide] = [latents.height / scale, latents.width / scale];
  if (level >= 0 && Number.isInteger(cellsHigh) && Number.isInteger(cellsWide)) {
    return { cellsHigh, cellsWide };
  }
  throw modelError(
    `The cells of the stage ${path} cannot be told from its place in a U-net of ${String(levelCount)} levels.`,
  );
}

function levelOf(path: string, levelCount: number): number {
  if (path.startsWith('mid_block.')) return levelCount - 1;
  const [, side, index] = /^(down|up)_blocks\.(\d+)\./.exec(path) ?? [];
  if (side === undefined || Number(index) >= levelCount) return -1;
  return side === 'down' ? Number(index) : levelCount - 1 - Number(index);
}
