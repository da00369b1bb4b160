import assert from 'node:assert/strict';
import { activities, ranked } from '../../src/numerics/codes.ts';
import { type BoardParams, type BoardPicture, runBoard } from '../../src/protocol/interventions.ts';
import type { EditRecipe } from '../../src/protocol/recipe.ts';
import type { Caller } from '../../src/protocol/request.ts';

/** All pictures of a board, in the order in which they came. */
export async function makeBoardIn(
  engine: Caller,
  params: BoardParams,
): Promise<readonly BoardPicture[]> {
  const made: BoardPicture[] = [];
  await engine.request(runBoard, params, {
    onProgress: (value) => value.phase === 'made' && made.push(value.made),
  });
  return made;
}

/** Tests choose features from readings: their numbers change whenever the embedded model is trained anew. */
export async function strongestFeature(
  engine: Caller,
  params: Omit<BoardParams, 'variants'>,
  block: string,
): Promise<number> {
  const [unedited] = await makeBoardIn(engine, { ...params, variants: [], withReadings: true });
  const reading = unedited?.readings?.find((each) => each.block === block) ?? assert.fail(block);
  const [top] = ranked(activities({ ...reading, ...reading.steps[0]! }), 'mean');
  return top?.id ?? assert.fail();
}

export const removalOf = (block: string, feature: number): EditRecipe => ({
  version: 1,
  edits: [{ kind: 'scale', block, sources: [{ feature }], factor: 0, maps: 'static' }],
});
