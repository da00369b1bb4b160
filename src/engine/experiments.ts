import { mkdir } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import { invalidInput } from '../protocol/errors.ts';
import {
  compareExperiments,
  type ExperimentParams,
  exportExperiment,
  openExperimentPicture,
  readExperimentBoard,
  readExperimentResults,
  replayExperiment,
  runExperiment,
} from '../protocol/experiment.ts';
import type { ModelChoice } from '../protocol/interventions.ts';
import type { Settled } from '../protocol/provider.ts';
import type { EngineConfig } from './config.ts';
import { compareMarkdown } from './lens/experiment/compareMarkdown.ts';
import { exportExperiment as exportSettled } from './lens/experiment/exportExperiment.ts';
import { readExperiment, resolveExperiment } from './lens/experiment/readExperiment.ts';
import { replayExperiment as replaySettled } from './lens/experiment/replayExperiment.ts';
import { readCell } from './lens/experiment/resultFiles.ts';
import { resultsOf, runExperiment as runSettled } from './lens/experiment/runExperiment.ts';
import { type SettledExperiment, settleExperiment } from './lens/experiment/settleExperiment.ts';
import type { FeatureIndexes } from './featureIndexes.ts';
import type { Models } from './models.ts';
import type { Ort } from './ort/ort.ts';
import { writeBytes } from './store/writeBytes.ts';

export interface ExperimentServices {
  readonly config: EngineConfig;
  readonly models: Models;
  readonly indexes: FeatureIndexes;
  readonly ort: Ort;
  /** Of Featurescope. */
  readonly version: string;
}

/** Requests of `protocol/experiment.ts`. */
export function registerExperiments(
  dispatcher: Dispatcher,
  { config, models, indexes, ort, version }: ExperimentServices,
): void {
  async function settle(
    params: Settled<ExperimentParams>,
    signal: AbortSignal,
  ): Promise<SettledExperiment> {
    const { path, text, outDir, modelDir, provider } = params;
    for (const place of [path, outDir]) {
      if (place !== undefined && !isAbsolute(place)) {
        throw invalidInput(`"${place}" is not an absolute path.`);
      }
    }
    const experiment = await readExperiment(path, text);
    const model = await models.identify(modelDir, signal);
    const blocks = await models.listBlocks(modelDir);
    const saes = Object.fromEntries(
      blocks.flatMap(({ block, sae }) => (sae ? [[block, sae.sha256]] : [])),
    );
    const versions = { featurescope: version, onnxruntime: await ort.version() };
    const lpips = await models.networkSha256('lpips', modelDir);
    const observed = await indexes.maxima(modelDir);
    const ground = { model, saes, provider, versions, lpips, observed };
    return settleExperiment(experiment, { path, outDir }, ground);
  }

  async function portsOf<P>(
    choice: Settled<ModelChoice>,
    { signal, progress }: { readonly signal: AbortSignal; readonly progress: (value: P) => void },
  ) {
    return {
      ...{ signal, progress, storageDir: config.storageDir },
      observed: await indexes.maxima(choice.modelDir),
      turn: <T>(work: Parameters<typeof models.turn<T>>[3]) =>
        models.turn(choice, signal, 'job', work),
    };
  }

  dispatcher.handle(runExperiment, async (params, context) => {
    if (models.isBusy) context.progress({ phase: 'waiting' });
    const settled = await settle(params, context.signal);
    return runSettled(settled, params, await portsOf(params, context));
  });

  dispatcher.handle(readExperimentBoard, async ({ path, text }) =>
    resolveExperiment(await readExperiment(path, text), dirname(path)),
  );

  dispatcher.handle(readExperimentResults, async (params, { signal }) =>
    resultsOf(await settle(params, signal)),
  );

  dispatcher.handle(openExperimentPicture, async (params, { signal }) => {
    const { dir, rows } = await resultsOf(await settle(params, signal));
    const row = rows.find(({ picture }) => picture === params.picture);
    if (!row) throw invalidInput(`The results have no picture "${params.picture}". Run it first.`);
    const { picture, manifest } = await readCell(dir, row);
    return { picture, manifest };
  });

  dispatcher.handle(replayExperiment, async (params, context) => {
    const settled = await settle(params, context.signal);
    return replaySettled(settled, await portsOf(params, context));
  });

  dispatcher.handle(exportExperiment, async (params, context) => {
    const { to } = params;
    if (to !== undefined && !isAbsolute(to)) {
      throw invalidInput(`"${to}" is not an absolute path.`);
    }
    const settled = await settle(params, context.signal);
    return { paths: await exportSettled(settled, params, await portsOf(params, context)) };
  });

  dispatcher.handle(compareExperiments, async (params, { signal }) => {
    const { otherText, otherName, to } = params;
    if (!isAbsolute(to)) throw invalidInput(`"${to}" is not an absolute path.`);
    const now = await settle(params, signal);
    const before = await settle({ ...params, text: otherText }, signal);
    const versions = [
      { name: otherName, settled: before, results: await resultsOf(before) },
      { name: 'now', settled: now, results: await resultsOf(now) },
    ] as const;
    await mkdir(dirname(to), { recursive: true });
    await writeBytes(to, new TextEncoder().encode(compareMarkdown(versions, to)));
    return { path: to };
  });
}
