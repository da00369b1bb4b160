import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  GenerateParams,
  GenerateProgress,
  GenerateResult,
  ModelDescription,
} from '../protocol/engine.ts';
import type { BlockDescription } from '../protocol/features.ts';
import type { LogRecord } from '../protocol/log.ts';
import type { ModelIdentity, RunManifest } from '../protocol/manifest.ts';
import type { Provider } from '../protocol/provider.ts';
import type { HandlerContext } from '../protocol/request.ts';
import { hashModelFiles, type HashMemory } from './models/hash.ts';
import type { ModelFile } from './models/modelFiles.ts';
import { readModelFolder } from './models/modelFolder.ts';
import { findInstalledSaes } from './models/sae/installedSaes.ts';
import type { Ort } from './ort/ort.ts';
import { createPipeline, type GeneratedPicture, type Pipeline } from './pipeline/generate.ts';
import { describeBlocks } from './lens/describeBlocks.ts';
import { Serial } from './serial.ts';
import type { Store } from './store/store.ts';

export interface ModelsPorts {
  readonly ort: Ort;
  readonly store: Store;
  /** Of Featurescope, for manifests. */
  readonly version: string;
  readonly threadCount: number;
  readonly onLog: (record: LogRecord) => void;
}

interface OpenModel {
  readonly modelDir: string;
  readonly provider: Provider;
  readonly pipeline: Pipeline;
  /** Of the files that decide a picture, computed while the first one is made. */
  readonly hashes: Promise<ModelIdentity['hashes']>;
}

/** The one model that is open, with its pipeline; pictures are made one after another. */
export class Models {
  readonly #ports: ModelsPorts;
  readonly #queue = new Serial();
  #open: OpenModel | undefined;

  constructor(ports: ModelsPorts) {
    this.#ports = ports;
  }

  async describe(modelDir: string): Promise<ModelDescription> {
    return (await readModelFolder(modelDir)).description;
  }

  /** The attention stages of a model's U-net, with the SAEs that are installed for them. */
  async listBlocks(modelDir: string): Promise<readonly BlockDescription[]> {
    const folder = await readModelFolder(modelDir);
    return describeBlocks(folder, await findInstalledSaes(join(folder.dir, 'saes')));
  }

  async generate(
    params: GenerateParams,
    { signal, progress }: HandlerContext<GenerateProgress>,
  ): Promise<GenerateResult> {
    if (this.#queue.isBusy) progress({ phase: 'waiting' });
    return this.#queue.run(async () => {
      const open = await this.#openFor(params);
      const made = await open.pipeline.generate(params, { signal, progress });
      const manifest = await this.#manifestOf(params, open, made);
      const { picture, truncations, readings, runMs } = made;
      return { picture, manifest, truncations, readings, runMs };
    }, signal);
  }

  async #openFor({ modelDir, provider }: GenerateParams): Promise<OpenModel> {
    const open = this.#open;
    if (open?.provider === provider && open.modelDir === modelDir) {
      if (await areUnchanged(open.pipeline.model.files)) return open;
    }
    this.#open = undefined;
    await open?.pipeline.release();
    const folder = await readModelFolder(modelDir);
    const { ort, threadCount, onLog } = this.#ports;
    onLog({ level: 'info', room: 'engine', text: `model ${folder.dir}, provider ${provider}` });
    const saes = await findInstalledSaes(join(folder.dir, 'saes'));
    const pipeline = createPipeline(folder, ort, { provider, threadCount, saes });
    const hashes = hashModelFiles(folder.files, this.#hashMemory());
    hashes.catch(() => (this.#open = undefined));
    this.#open = { modelDir, provider, pipeline, hashes };
    return this.#open;
  }

  async #manifestOf(
    params: GenerateParams,
    { pipeline, hashes }: OpenModel,
    made: GeneratedPicture,
  ): Promise<RunManifest> {
    const { id } = pipeline.model.description;
    const { prompt, negativePrompt, seed, steps, guidanceScale, scheduler, width, height } = params;
    return {
      version: 1,
      prompt,
      negativePrompt,
      seed,
      steps,
      guidanceScale,
      scheduler,
      width,
      height,
      model: { id, hashes: await hashes },
      provider: params.provider,
      versions: {
        featurescope: this.#ports.version,
        onnxruntime: await this.#ports.ort.version(),
      },
      createdAt: new Date().toISOString(),
      timingsMs: made.timingsMs,
    };
  }

  /** Without a usable store (read-only, full) hashes are still remembered while the engine lives. */
  #hashMemory(): HashMemory {
    try {
      return this.#ports.store.hashes;
    } catch (error) {
      this.#ports.onLog({ level: 'warn', room: 'engine', text: String(error) });
      return this.#sessionHashes;
    }
  }

  readonly #sessionHashes: HashMemory = (() => {
    const known = new Map<string, string>();
    const key = (...parts: (string | number)[]): string => parts.join('\0');
    return {
      get: (path, sizeBytes, modifiedMs) => known.get(key(path, sizeBytes, modifiedMs)),
      set: (path, sizeBytes, modifiedMs, sha256) =>
        known.set(key(path, sizeBytes, modifiedMs), sha256),
    };
  })();
}

/** A folder that was written to while it was open must be read again. */
async function areUnchanged(files: readonly ModelFile[]): Promise<boolean> {
  const states = await Promise.all(
    files.map(async ({ path, sizeBytes, modifiedMs }) => {
      const now = await stat(path).catch(() => undefined);
      return now?.size === sizeBytes && now.mtimeMs === modifiedMs;
    }),
  );
  return states.every(Boolean);
}
