import type { GenerateProgress } from '../../../protocol/engine.ts';
import { FeaturescopeError, invalidInput } from '../../../protocol/errors.ts';
import type {
  BoardParams,
  BoardPicture,
  BoardProgress,
  BoardResult,
} from '../../../protocol/interventions.ts';
import type { RunManifest } from '../../../protocol/manifest.ts';
import type { EditRecipe, PictureBase } from '../../../protocol/recipe.ts';
import { checkRecipe } from '../../../protocol/recipeSchema.ts';
import { checkRequest } from '../../pipeline/checkRequest.ts';
import type { Pipeline } from '../../pipeline/generate.ts';
import { checkAmounts } from './amountChecks.ts';
import type { ObservedMaxima } from './amounts.ts';
import { readBlocks } from './blockFacts.ts';
import { checkAgainstModel, departureOf, updatesNeeded } from './checkAgainstModel.ts';
import { areaOf, figuresOf, regionOf } from './editFigures.ts';
import { compileFor } from './makeEdited.ts';

/** What a board needs of the engine around it. */
export interface BoardPorts {
  /** One turn with the model: nothing else runs meanwhile. */
  turn<T>(work: (turn: BoardTurn) => Promise<T>): Promise<T>;
  readonly signal: AbortSignal;
  readonly progress: (progress: BoardProgress) => void;
  readonly keep?: (made: BoardPicture) => Promise<Pick<BoardPicture, 'runId' | 'keepFailure'>>;
  readonly observed?: ObservedMaxima | undefined;
  /** Pictures that are there already are left out of what is made and told. */
  readonly isMade?: (baseIndex: number, variantIndex: number | null) => boolean;
}

export interface BoardTurn {
  readonly pipeline: Pipeline;
  readonly manifestOf: (
    request: PictureBase,
    timingsMs: Readonly<Record<string, number>>,
    recipe?: EditRecipe,
  ) => Promise<RunManifest>;
}

const boardPicturesMax = 1024;

/**
 * Each base unedited, then with every variant. Every picture is a turn of its own.
 *
 * @throws `invalidInput` before anything runs for a bad base or variant, naming it; as `Pipeline.generate`
 */
export async function makeBoard(
  params: Pick<BoardParams, 'bases' | 'variants' | 'region' | 'withReadings' | 'keep'>,
  ports: BoardPorts,
): Promise<BoardResult> {
  const { bases, region } = params;
  const variants = params.variants.map((variant, index) =>
    checkRecipe(variant, nameOf(variant, index)),
  );
  const pictureCount = bases.length * (variants.length + 1);
  if (bases.length === 0) throw invalidInput('A board needs at least one picture to start from.');
  if (pictureCount > boardPicturesMax) {
    throw invalidInput(
      `The board has ${String(pictureCount)} pictures; at most ${String(boardPicturesMax)} are made at once.`,
    );
  }
  await ports.turn(({ pipeline }) => checkAll(pipeline, bases, variants));
  const made: BoardPicture[] = [];
  const { signal } = ports;
  const progress = (value: GenerateProgress): void => {
    ports.progress(value);
  };
  let pictureIndex = -1;
  for (const [baseIndex, request] of bases.entries()) {
    const departures = variants.flatMap((variant) => departureOf(variant, request.steps) ?? []);
    for (const variantIndex of [null, ...variants.keys()]) {
      pictureIndex++;
      if (ports.isMade?.(baseIndex, variantIndex)) continue;
      ports.progress({ phase: 'making', pictureIndex, pictureCount });
      const one = await ports.turn(async ({ pipeline, manifestOf }): Promise<BoardPicture> => {
        const variant = variantIndex === null ? undefined : variants[variantIndex];
        if (!variant) {
          const updatesOf = variants.flatMap(updatesNeeded);
          const wish = { departures, updatesOf };
          const base = await pipeline.editing.base(request, wish, { signal, progress });
          const segmentCount = pipeline.editing.segmentCount;
          const { unetMs, runMs, picture, readings, timingsMs } = base;
          return {
            baseIndex,
            variantIndex,
            picture,
            manifest: await manifestOf(request, timingsMs),
            figures: null,
            amounts: [],
            ...(params.withReadings && { readings }),
            reuse: { steps: 0, segments: 0, segmentCount, unetMs, runMs },
          };
        }
        const { observed } = ports;
        const options = { signal, progress, observed, departures };
        const { base, schedule } = await compileFor(pipeline, request, variant, options);
        const edited = await pipeline.editing.edit(base, schedule, { signal, progress });
        const blocks = await readBlocks(pipeline);
        const area = region ? regionOf(region, base) : areaOf(variant, base, blocks);
        const lpips = await pipeline.lpips.distance(base.picture, edited.picture, signal);
        return {
          baseIndex,
          variantIndex,
          picture: edited.picture,
          manifest: await manifestOf(request, edited.timingsMs, variant),
          figures: figuresOf(base, edited, area, lpips),
          amounts: checkAmounts(variant, { blocks, base, observed }),
          ...(params.withReadings && { readings: edited.readings }),
          reuse: edited.reuse,
        };
      });
      const kept = params.keep && ports.keep ? { ...one, ...(await ports.keep(one)) } : one;
      made.push(kept);
      ports.progress({ phase: 'made', made: kept });
    }
  }
  return {
    made: made.map((each) => {
      const { baseIndex, variantIndex, manifest, figures, amounts, reuse } = each;
      const { runId, keepFailure } = each;
      return {
        ...{ baseIndex, variantIndex, manifest, figures, amounts, reuse },
        ...(runId !== undefined && { runId }),
        ...(keepFailure && { keepFailure }),
      };
    }),
  };
}

async function checkAll(
  pipeline: Pipeline,
  bases: readonly PictureBase[],
  variants: readonly EditRecipe[],
): Promise<void> {
  const blocks = await readBlocks(pipeline);
  for (const base of bases) {
    checkRequest(base, pipeline.model.description.limits);
    for (const [index, variant] of variants.entries()) {
      const where = nameOf(variant, index);
      try {
        checkAgainstModel(variant, blocks, base);
        for (const edit of variant.edits) {
          if (edit.kind === 'swap') {
            checkRequest({ ...base, ...edit.from }, pipeline.model.description.limits);
          }
        }
      } catch (error) {
        const { message, code } = FeaturescopeError.from(error);
        throw new FeaturescopeError(code, `${where}: ${message}`, { cause: error });
      }
    }
  }
}

function nameOf(variant: { readonly name?: unknown } | null | undefined, index: number): string {
  const name = typeof variant?.name === 'string' ? ` (${variant.name.slice(0, 80)})` : '';
  return `Variant ${String(index + 1)}${name}`;
}
