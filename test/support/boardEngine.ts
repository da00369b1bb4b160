import type { BoardParams, BoardPicture } from '../../src/protocol/interventions.ts';
import type { EditRecipe, PictureBase } from '../../src/protocol/recipe.ts';
import { makeBoardIn, removalOf, strongestFeature } from './boardRun.ts';
import {
  embeddedModel,
  type EngineSession,
  smallRequest,
  startEngineSession,
} from './engineSession.ts';

const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height } =
  smallRequest;

/** What decides the small picture. */
export const base: PictureBase = {
  ...{ prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height },
};
export const choice = { modelDir: embeddedModel, provider: 'cpu' } as const;

export interface BoardEngine {
  readonly engine: EngineSession;
  /** The strongest feature of the unedited picture at the block. */
  readonly top: number;
  /** Of the small picture, unless the parameters name others. */
  readonly board: (
    params: Pick<BoardParams, 'variants'> & Partial<BoardParams>,
  ) => Promise<readonly BoardPicture[]>;
  readonly removal: (feature: number) => EditRecipe;
}

/** An engine that edits the small picture at one block; whoever starts it stops it. */
export async function startBoardEngine(block: string): Promise<BoardEngine> {
  const engine = startEngineSession({ threadCount: 1 });
  const params = { ...choice, bases: [base] };
  const top = await strongestFeature(engine, params, block).catch(async (error: unknown) => {
    await engine.stop();
    throw error;
  });
  return {
    engine,
    top,
    board: (others) => makeBoardIn(engine, { ...params, ...others }),
    removal: (feature) => removalOf(block, feature),
  };
}
