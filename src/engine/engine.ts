import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Dispatcher } from '../protocol/dispatcher.ts';
import type { JobSummary } from '../protocol/jobs.ts';
import type { LogRecord } from '../protocol/log.ts';
import type { ProviderFailure } from '../protocol/provider.ts';
import type { Caller } from '../protocol/request.ts';
import { checkConfig, type EngineConfigInput, runnerPathOf } from './config.ts';
import { registerContactSheets } from './contactSheets.ts';
import { cudaJob, registerCuda } from './cudaJob.ts';
import { CudaLibrary } from './cudaLibrary.ts';
import { Downloads } from './downloadJob.ts';
import { IdleTimer } from './idleTimer.ts';
import { registerResident } from './residentHandlers.ts';
import { FeatureIndexes } from './featureIndexes.ts';
import { registerHandlers } from './handlers.ts';
import { collectJob } from './collectJob.ts';
import { registerJobHandlers } from './jobHandlers.ts';
import { indexJob } from './indexJob.ts';
import { JobQueue } from './jobs/jobQueue.ts';
import { activeSaesOf, Models } from './models.ts';
import { probeGraph } from './onnx/probeGraph.ts';
import { productProbe } from './onnx/productProbe.ts';
import { createOrt } from './ort/ortClient.ts';
import { probeProviders } from './ort/probeProviders.ts';
import { pictureFitJob } from './pictureFitJob.ts';
import { ProviderChoice } from './providerChoice.ts';
import { registerProviders } from './providerHandlers.ts';
import { Serial } from './serial.ts';
import { registerSpecialization } from './specializationHandlers.ts';
import { specializeJob } from './specializeJob.ts';
import { Store } from './store/store.ts';
import { trainJob } from './trainJob.ts';

export interface EngineEvents {
  readonly onLog?: (record: LogRecord) => void;
  /** Runs were kept, deleted or restored by this engine. */
  readonly onRunsChanged?: () => void;
  /** SAEs were imported, removed, chosen or judged by this engine. */
  readonly onSaesChanged?: () => void;
  /** Jobs of this engine moved on. */
  readonly onJobsChanged?: (jobs: readonly JobSummary[]) => void;
  /** A provider that was chosen automatically failed; the CPU took over. */
  readonly onProviderFailed?: (failure: ProviderFailure) => void;
}

/** The engine as one object: the same in its own process (main.ts) and inside the command line. */
export interface Engine extends Caller {
  readonly dispatcher: Dispatcher;
  /** Ends the runner and closes the store. */
  stop(): Promise<void>;
}

/** @throws `protocol` for a configuration that is not valid */
export function createEngine(input: EngineConfigInput, events: EngineEvents = {}): Engine {
  const config = checkConfig(input);
  const onLog = events.onLog ?? (() => undefined);
  const cuda = new CudaLibrary(config.storageDir, config.extensionDir);
  const child = { runnerPath: runnerPathOf(config), environment: () => cuda.environment };
  void cuda.relink().catch((error: unknown) => {
    onLog({ level: 'warn', room: 'engine', text: `CUDA: ${String(error)}` });
  });
  const ort = createOrt({ ...child, onLog });
  const store = new Store(config.storageDir);
  const version = versionOf(config.extensionDir);
  const { threadCount, storageDir, memoryBytesMax, lpipsPath, clipPath } = config;
  const idle = new IdleTimer(config.idleMinutes * 60_000, async () => {
    onLog({ level: 'info', room: 'engine', text: 'nothing to do: the model is unloaded' });
    await models.unload(new AbortController().signal).catch((error: unknown) => {
      onLog({ level: 'warn', room: 'engine', text: `it was not unloaded: ${String(error)}` });
    });
  });
  const queue = new Serial((isHeld) => {
    idle.touch(isHeld);
  });
  const models = new Models({
    ...{ ort, store, version, threadCount, memoryBytesMax, lpipsPath, clipPath },
    ...{ storageDir, queue, onLog },
  });
  const jobs = new JobQueue({
    storageDir,
    takeTurn: (work, signal) => queue.run(work, signal, 'job'),
    onLog,
    onChange: () => {
      if (!events.onJobsChanged) return;
      jobs.list().then(events.onJobsChanged, () => undefined);
    },
  });
  jobs.register(collectJob({ models, ort, version }));
  jobs.register(trainJob({ runnerPath: runnerPathOf(config), onLog }));
  jobs.register(specializeJob({ models }));
  jobs.register(pictureFitJob({ models, storageDir }));
  const saesOf = async (modelDir: string) => activeSaesOf((await models.read(modelDir)).saes);
  const indexes = new FeatureIndexes({ storageDir, saesOf, onLog });
  const hashes = () => models.hashMemory();
  jobs.register(indexJob({ ort, indexes, storageDir, threadCount, hashes }));
  const downloads = new Downloads(storageDir);
  jobs.register(downloads.job());
  const providers = new ProviderChoice({
    probe: () => probeProviders(child, { stage: probeGraph(), product: productProbe() }, onLog),
    sizeOf: async (modelDir) => (await models.describe(modelDir)).sizeBytes,
    onFailed: (failure) => {
      onLog({ level: 'warn', room: 'engine', text: `${failure.reason} The CPU takes over.` });
      events.onProviderFailed?.(failure);
    },
  });
  jobs.register(
    cudaJob({
      library: cuda,
      onInstalled: async (signal) => {
        await models.unload(signal);
        await providers.probes(true);
      },
    }),
  );
  const dispatcher = new Dispatcher(providers.around);
  registerHandlers(dispatcher, {
    config,
    version,
    ort,
    store,
    models,
    indexes,
    onRunsChanged: events.onRunsChanged ?? (() => undefined),
    onSaesChanged: () => {
      indexes.closeAll();
      events.onSaesChanged?.();
    },
    onLog,
  });
  registerProviders(dispatcher, { providers });
  registerCuda(dispatcher, { library: cuda });
  registerContactSheets(dispatcher, {
    ...{ saesOf, storageDir },
    access: (hubUrl) => downloads.access(hubUrl),
    onNote: (text) => {
      onLog({ level: 'warn', room: 'engine', text });
    },
  });
  registerResident(dispatcher, { models, ort });
  registerJobHandlers(dispatcher, { jobs, models, extensionDir: config.extensionDir });
  registerSpecialization(dispatcher, { models, jobs, extensionDir: config.extensionDir });
  downloads.register(dispatcher);
  return {
    dispatcher,
    request: (definition, params, options) => dispatcher.request(definition, params, options),
    stop: async () => {
      await jobs.stop();
      idle.touch(true);
      await ort.stop();
      indexes.close();
      store.close();
    },
  };
}

function versionOf(extensionDir: string): string {
  const { version } = JSON.parse(readFileSync(join(extensionDir, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
