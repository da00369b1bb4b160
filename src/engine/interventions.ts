import { join, resolve } from 'node:path';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import { FeaturescopeError } from '../protocol/errors.ts';
import {
  type BoardParams,
  type BoardPicture,
  checkEdit,
  copyEdit,
  makeControls,
  makeDirection,
  makeIcon,
  makeStrip,
  type ModelChoice,
  rankFeatures,
  readDownstream,
  runBoard,
} from '../protocol/interventions.ts';
import { checkRecipe } from '../protocol/recipeSchema.ts';
import type { EngineConfig } from './config.ts';
import { checkAmounts } from './lens/intervene/amountChecks.ts';
import { readBlocks } from './lens/intervene/blockFacts.ts';
import { type BoardPorts, makeBoard } from './lens/intervene/board.ts';
import { rankCausally } from './lens/intervene/causalRank.ts';
import { blockNamed } from './lens/intervene/checkAgainstModel.ts';
import { controlsFor } from './lens/intervene/controlsFor.ts';
import { copyRecipe } from './lens/copy/copyRecipe.ts';
import { readDownstreamOf } from './lens/intervene/downstream.ts';
import { iconRecipes, stripRecipes } from './lens/intervene/iconRecipes.ts';
import { compileFor } from './lens/intervene/makeEdited.ts';
import { makeDirectionOf } from './lens/directions/makeDirection.ts';
import { encodeReadings } from './lens/readingsFile.ts';
import type { Models } from './models.ts';
import { NewestWins } from './newestWins.ts';
import type { Priority } from './serial.ts';
import type { Store } from './store/store.ts';

export interface InterventionServices {
  readonly config: EngineConfig;
  readonly models: Models;
  readonly store: Store;
  readonly onRunsChanged: () => void;
}

/** Requests of `protocol/interventions.ts`: check, call, shape the reply. */
export function registerInterventions(
  dispatcher: Dispatcher,
  { config, models, store, onRunsChanged }: InterventionServices,
): void {
  const embeddedDir = join(config.extensionDir, 'models', 'mini');
  const previews = new NewestWins();

  function portsOf<P>(
    choice: ModelChoice,
    context: { readonly signal: AbortSignal; readonly progress: (progress: P) => void },
    priority: Priority = 'job',
  ): Pick<BoardPorts, 'turn' | 'signal'> & { readonly progress: (progress: P) => void } {
    return {
      ...context,
      turn: (work) => models.turn(choice, context.signal, priority, work),
    };
  }

  async function keep(made: BoardPicture): Promise<Pick<BoardPicture, 'runId' | 'keepFailure'>> {
    try {
      const { picture, manifest, readings = [] } = made;
      const { runId } = await store.runs.keep(picture, manifest, encodeReadings(readings));
      onRunsChanged();
      return { runId };
    } catch (error) {
      return { keepFailure: FeaturescopeError.from(error).toData() };
    }
  }

  dispatcher.handle(runBoard, (params: BoardParams, context) => {
    const { preview, bases } = params;
    const run = (signal: AbortSignal) => {
      if (models.isBusy) context.progress({ phase: 'waiting' });
      const ports = portsOf(
        params,
        { signal, progress: context.progress },
        preview ? 'preview' : 'job',
      );
      return makeBoard({ ...params, bases }, { ...ports, keep });
    };
    return preview ? previews.run(preview.panel, context.signal, run) : run(context.signal);
  });

  dispatcher.handle(checkEdit, (params, context) => {
    const ports = portsOf(params, context, 'preview');
    const recipe = checkRecipe(params.recipe, 'The edit');
    return ports.turn(async ({ pipeline }) => {
      const { base } = await compileFor(pipeline, params.base, recipe, context);
      return { amounts: checkAmounts(recipe, { blocks: await readBlocks(pipeline), base }) };
    });
  });

  dispatcher.handle(makeControls, (params, context) =>
    controlsFor(params, portsOf(params, context)),
  );

  dispatcher.handle(rankFeatures, async (params, context) => ({
    features: await rankCausally(params, portsOf(params, context)),
  }));

  dispatcher.handle(readDownstream, (params, context) =>
    readDownstreamOf(params, portsOf(params, context)),
  );

  dispatcher.handle(makeIcon, async (params, context) => {
    const ports = portsOf(params, context);
    const variants = await ports.turn(async ({ pipeline }) =>
      iconRecipes(params, blockNamed(params.block, await readBlocks(pipeline))),
    );
    const base = { ...params.base, prompt: '', negativePrompt: '' };
    return makeBoard({ bases: [base], variants }, ports);
  });

  dispatcher.handle(makeStrip, (params, context) =>
    makeBoard({ bases: [params.base], variants: stripRecipes(params) }, portsOf(params, context)),
  );

  dispatcher.handle(makeDirection, (params, context) =>
    makeDirectionOf(params, portsOf(params, context)),
  );

  dispatcher.handle(copyEdit, (params, context) => {
    const choice = { modelDir: params.modelDir, provider: params.provider };
    const isEmbedded = resolve(params.modelDir) === embeddedDir;
    return models.turn(choice, context.signal, 'preview', async ({ pipeline }) => ({
      text: await copyRecipe(pipeline, params, isEmbedded, context),
    }));
  });
}
