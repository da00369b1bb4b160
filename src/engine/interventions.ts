import { join, resolve } from 'node:path';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import { FeaturescopeError } from '../protocol/errors.ts';
import {
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
import type { Settled } from '../protocol/provider.ts';
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
import type { FeatureIndexes } from './featureIndexes.ts';
import type { Models } from './models.ts';
import { NewestWins } from './newestWins.ts';
import type { Priority } from './serial.ts';
import type { Store } from './store/store.ts';

export interface InterventionServices {
  readonly config: EngineConfig;
  readonly models: Models;
  readonly store: Store;
  readonly indexes: FeatureIndexes;
  readonly onRunsChanged: () => void;
}

/** Requests of `protocol/interventions.ts`: check, call, shape the reply. */
export function registerInterventions(
  dispatcher: Dispatcher,
  { config, models, store, indexes, onRunsChanged }: InterventionServices,
): void {
  const embeddedDir = join(config.extensionDir, 'models', 'mini');
  const previews = new NewestWins();

  async function portsOf<P>(
    choice: Settled<ModelChoice>,
    context: { readonly signal: AbortSignal; readonly progress: (progress: P) => void },
    priority: Priority = 'job',
  ): Promise<
    Pick<BoardPorts, 'turn' | 'signal' | 'observed'> & { readonly progress: (progress: P) => void }
  > {
    return {
      ...context,
      observed: await indexes.maxima(choice.modelDir),
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

  dispatcher.handle(runBoard, (params, context) => {
    const { preview, bases } = params;
    const run = async (signal: AbortSignal) => {
      if (models.isBusy) context.progress({ phase: 'waiting' });
      const ports = await portsOf(
        params,
        { signal, progress: context.progress },
        preview ? 'preview' : 'job',
      );
      return makeBoard({ ...params, bases }, { ...ports, keep });
    };
    return preview ? previews.run(preview.panel, context.signal, run) : run(context.signal);
  });

  dispatcher.handle(checkEdit, async (params, context) => {
    const { turn, observed } = await portsOf(params, context, 'preview');
    const recipe = checkRecipe(params.recipe, 'The edit');
    return turn(async ({ pipeline }) => {
      const { base } = await compileFor(pipeline, params.base, recipe, { ...context, observed });
      const blocks = await readBlocks(pipeline);
      return { amounts: checkAmounts(recipe, { blocks, base, observed }) };
    });
  });

  dispatcher.handle(makeControls, async (params, context) =>
    controlsFor(params, await portsOf(params, context)),
  );

  dispatcher.handle(rankFeatures, async (params, context) => ({
    features: await rankCausally(params, await portsOf(params, context)),
  }));

  dispatcher.handle(readDownstream, async (params, context) =>
    readDownstreamOf(params, await portsOf(params, context)),
  );

  dispatcher.handle(makeIcon, async (params, context) => {
    const ports = await portsOf(params, context);
    const variants = await ports.turn(async ({ pipeline }) =>
      iconRecipes(params, blockNamed(params.block, await readBlocks(pipeline))),
    );
    const base = { ...params.base, prompt: '', negativePrompt: '' };
    return makeBoard({ bases: [base], variants }, ports);
  });

  dispatcher.handle(makeStrip, async (params, context) => {
    const ports = await portsOf(params, context);
    return makeBoard({ bases: [params.base], variants: stripRecipes(params) }, ports);
  });

  dispatcher.handle(makeDirection, async (params, context) =>
    makeDirectionOf(params, await portsOf(params, context)),
  );

  dispatcher.handle(copyEdit, async (params, context) => {
    const { turn, observed } = await portsOf(params, context, 'preview');
    const isEmbedded = resolve(params.modelDir) === embeddedDir;
    return turn(async ({ pipeline }) => ({
      text: await copyRecipe(pipeline, params, isEmbedded, { ...context, observed }),
    }));
  });
}
