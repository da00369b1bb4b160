import {
  cleanUpRuns,
  deleteRuns,
  describeModel,
  generatePicture,
  type GenerateResult,
  hello,
  listRuns,
  openRun,
  protocolVersion,
  restoreRuns,
  savePicture,
} from '../protocol/engine.ts';
import { listBlocks, readRunFeatures } from '../protocol/features.ts';
import { describeUnet } from '../protocol/unetParts.ts';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import { FeaturescopeError } from '../protocol/errors.ts';
import type { LogRecord } from '../protocol/log.ts';
import type { EngineConfig } from './config.ts';
import type { FeatureIndexes } from './featureIndexes.ts';
import { registerIndexHandlers } from './indexHandlers.ts';
import { decoderPathOf } from './config.ts';
import { explainPicture } from '../protocol/explain.ts';
import { type ExplainPorts, explainRequest } from './explainRequest.ts';
import { registerExperiments } from './experiments.ts';
import { registerExportHandlers } from './exportHandlers.ts';
import { decodeReadings, encodeReadings } from './lens/readingsFile.ts';
import { registerInterventions } from './interventions.ts';
import { registerModelHandlers } from './modelHandlers.ts';
import type { Models } from './models.ts';
import type { Ort } from './ort/ort.ts';
import { registerParity } from './parityHandlers.ts';
import { writePicture } from './store/writePicture.ts';
import { registerSaeHandlers } from './saeHandlers.ts';
import { dropRemovedSaes } from './models/sae/saeLibrary.ts';
import type { Store } from './store/store.ts';

export interface Services {
  readonly config: EngineConfig;
  readonly version: string;
  readonly ort: Ort;
  readonly store: Store;
  readonly models: Models;
  readonly indexes: FeatureIndexes;
  readonly onRunsChanged: () => void;
  readonly onSaesChanged: () => void;
  readonly onLog: (record: LogRecord) => void;
}

/** Each request: check, call, shape the reply. What is done is done in the rooms below. */
export function registerHandlers(dispatcher: Dispatcher, services: Services): void {
  const { config, version, ort, store, models, onRunsChanged } = services;

  dispatcher.handle(hello, async (params) => {
    if (params.protocolVersion !== protocolVersion) {
      throw new FeaturescopeError(
        'protocol',
        `The extension speaks protocol ${String(params.protocolVersion)}, the engine ${String(protocolVersion)}: reload the window.`,
      );
    }
    const versions = { featurescope: version, onnxruntime: await ort.version() };
    return { protocolVersion, versions, nodeVersion: process.versions.node };
  });

  registerSaeHandlers(dispatcher, services);
  registerModelHandlers(dispatcher, services);
  registerParity(dispatcher, services);
  dispatcher.handle(describeModel, ({ modelDir }) => models.describe(modelDir));

  dispatcher.handle(generatePicture, async (params, context): Promise<GenerateResult> => {
    const made = await models.generate(params, context);
    if (!params.keep) return made;
    context.progress({ phase: 'saving' });
    try {
      const { runId } = await store.runs.keep(
        made.picture,
        made.manifest,
        encodeReadings(made.readings),
      );
      if (store.runs.usage(config.quotaBytes).sizeBytes > config.quotaBytes) {
        store.runs.cleanUp(config.quotaBytes);
      }
      onRunsChanged();
      return { ...made, runId };
    } catch (error) {
      return { ...made, keepFailure: FeaturescopeError.from(error).toData() };
    }
  });

  dispatcher.handle(savePicture, async (params) => ({ paths: await writePicture(params) }));

  dispatcher.handle(listRuns, ({ limit, beforeRunId }) => ({
    runs: store.runs.list(limit, beforeRunId),
    usage: store.runs.usage(config.quotaBytes),
  }));
  dispatcher.handle(openRun, ({ runId }) => store.runs.open(runId));
  dispatcher.handle(listBlocks, ({ modelDir }) => models.listBlocks(modelDir));
  dispatcher.handle(describeUnet, ({ modelDir }) => models.unetParts(modelDir));
  dispatcher.handle(readRunFeatures, async ({ runId }) => ({
    readings: await decodeReadings(store.runs.readingsPath(runId)),
  }));
  registerExportHandlers(dispatcher, services);
  dispatcher.handle(deleteRuns, ({ runIds }) => {
    store.runs.delete(runIds);
    onRunsChanged();
    return null;
  });
  dispatcher.handle(restoreRuns, ({ runIds }) => {
    store.runs.restore(runIds);
    onRunsChanged();
    return null;
  });
  dispatcher.handle(cleanUpRuns, async ({ quotaBytes }) => {
    const removedCount = store.runs.cleanUp(quotaBytes);
    await dropRemovedSaes(config.storageDir);
    onRunsChanged();
    return { removedCount, usage: store.runs.usage(config.quotaBytes) };
  });
  registerIndexHandlers(dispatcher, { ...services, ...config });

  registerInterventions(dispatcher, services);

  const explaining: ExplainPorts = {
    ...services,
    decoderPath: decoderPathOf(config),
    keep: async (picture, manifest, readings) => {
      const kept = await store.runs.keep(picture, manifest, encodeReadings(readings));
      onRunsChanged();
      return kept;
    },
  };
  dispatcher.handle(explainPicture, (params, context) =>
    explainRequest(params, explaining, context),
  );
  registerExperiments(dispatcher, services);
}
