import { readFile, stat } from 'node:fs/promises';
import type {
  GenerateParams,
  GenerateProgress,
  GenerateResult,
  ModelDescription,
} from '../protocol/engine.ts';
import { FeaturescopeError } from '../protocol/errors.ts';
import type { BlockDescription, BlockReading } from '../protocol/features.ts';
import type { ModelChoice } from '../protocol/interventions.ts';
import type { LogRecord } from '../protocol/log.ts';
import type { ModelIdentity, RunManifest } from '../protocol/manifest.ts';
import type { Provider, Settled } from '../protocol/provider.ts';
import type { EditRecipe, PictureBase } from '../protocol/recipe.ts';
import type { HandlerContext } from '../protocol/request.ts';
import type { Resident } from '../protocol/resident.ts';
import type { UnetPart } from '../protocol/unetParts.ts';
import { beginHashing, type Hashing, hashModelFiles, type HashMemory } from './models/hash.ts';
import { findClipText, findNetwork, hashNetwork, type NetworkKind } from './models/networkFile.ts';
import type { ModelFile } from './models/modelFiles.ts';
import { readModelFolder } from './models/modelFolder.ts';
import type { ModelFolder } from './models/modelFolder.ts';
import type { InstalledSae } from './models/sae/installedSaes.ts';
import { type ModelSaes, readModelSaes } from './modelSaes.ts';
import type { ExtraTaps } from './onnx/findStages.ts';
import { readGraph } from './onnx/readGraph.ts';
import { unetParts } from './onnx/unetParts.ts';
import type { Ort } from './ort/ort.ts';
import type { PictureRequest } from './pipeline/checkRequest.ts';
import {
  createPipeline,
  defaultForm,
  type GeneratedPicture,
  type ObserveContext,
  type Pipeline,
} from './pipeline/generate.ts';
import type { UnetForm } from './pipeline/modelSessions.ts';
import type { TakeTurn } from './pipeline/runMeter.ts';
import { describeBlocks } from './lens/describeBlocks.ts';
import { SaeMemory } from './saeMemory.ts';
import type { Priority, Serial } from './serial.ts';
import type { Store } from './store/store.ts';

export interface ModelsPorts {
  readonly ort: Ort;
  readonly store: Store;
  /** Of Featurescope, for manifests. */
  readonly version: string;
  readonly threadCount: number;
  /** See `PipelineOptions.memoryBytesMax`. */
  readonly memoryBytesMax: number;
  /** See `PipelineOptions.lpipsPath`. */
  readonly lpipsPath: string;
  /** See `PipelineOptions.clipPath`. */
  readonly clipPath: string;
  /** Where the SAEs are that the person imported. */
  readonly storageDir: string;
  /** Whose turn it is at the runner. */
  readonly queue: Serial;
  readonly onLog: (record: LogRecord) => void;
}

/** How a job makes a picture: `takeTurn` waits for its turn at the runner, `watch` names the stages it looks at. */
export interface JobPictureContext extends Pick<ObserveContext, 'watch' | 'onStages'> {
  readonly signal: AbortSignal;
  readonly takeTurn: TakeTurn;
}

/** A runner that goes away under a job so often in one picture goes for another reason than a preview's cancel. */
const lostRunnerMax = 3;

/** Which sessions are needed: of which model, where. */
interface OpenParams {
  readonly modelDir: string;
  readonly provider: Provider;
  /** Default: what suits the provider. */
  readonly unet?: UnetForm;
  /** What is tapped beside attention stages; default: nothing. */
  readonly extraTaps?: ExtraTaps | undefined;
}

/** What a turn gets. */
export interface ModelTurn {
  readonly pipeline: Pipeline;
  /** @param recipe of an edited picture */
  readonly manifestOf: (
    request: PictureBase,
    timingsMs: Readonly<Record<string, number>>,
    recipe?: EditRecipe,
  ) => Promise<RunManifest>;
}

interface OpenModel extends OpenParams {
  /** Names the SAEs that are spliced in. */
  readonly saesKey: string;
  readonly pipeline: Pipeline;
  /** Of the files that decide a picture, computed while the first one is made. */
  readonly hashing: Hashing;
}

/** The one model that is open, with its pipeline; pictures are made one after another. */
export class Models {
  readonly #ports: ModelsPorts;
  readonly #queue: Serial;
  readonly #saes: SaeMemory;
  #open: OpenModel | undefined;

  constructor(ports: ModelsPorts) {
    this.#ports = ports;
    this.#queue = ports.queue;
    this.#saes = new SaeMemory((folder) =>
      readModelSaes(folder, ports.storageDir, () => this.hashMemory()),
    );
  }

  async describe(modelDir: string): Promise<ModelDescription> {
    return (await readModelFolder(modelDir)).description;
  }

  async read(modelDir: string): Promise<{ folder: ModelFolder; saes: ModelSaes }> {
    const folder = await readModelFolder(modelDir);
    return { folder, saes: await this.#saes.saesOf(folder) };
  }

  /** The attention stages of a model's U-net, with the SAEs that are used in them. */
  async listBlocks(modelDir: string): Promise<readonly BlockDescription[]> {
    const { folder, saes } = await this.read(modelDir);
    return describeBlocks(folder, activeSaesOf(saes));
  }

  /** The named layers of a model's U-net. */
  async unetParts(modelDir: string): Promise<readonly UnetPart[]> {
    const { unet } = await readModelFolder(modelDir);
    return unetParts(readGraph(await readFile(unet.graph.path)));
  }

  /** @param params its `unet`: another form than the provider's usual one */
  async generate(
    params: Settled<GenerateParams> & Pick<OpenParams, 'unet'>,
    { signal, progress }: HandlerContext<GenerateProgress>,
  ): Promise<GenerateResult> {
    if (this.#queue.isBusy) progress({ phase: 'waiting' });
    return this.#queue.run(async () => {
      const open = await this.#openFor(params);
      const made = await open.pipeline.generate(params, { signal, progress });
      await open.hashing.until(signal, (far) => {
        progress({ phase: 'hashing', ...far });
      });
      const manifest = await this.#manifestOf(params, open, made);
      const { picture, truncations, readings, runMs } = made;
      return { picture, manifest, truncations, readings, runMs };
    }, signal);
  }

  /**
   * Makes latents and hands out what stages did, in the same queue as pictures: one that is asked for meanwhile comes
   * next.
   *
   * @throws as `Pipeline.observe`
   */
  async observe(
    params: OpenParams,
    request: PictureRequest,
    context: ObserveContext & { readonly signal: AbortSignal },
  ): Promise<{ readonly readings: readonly BlockReading[] }> {
    return this.#queue.run(async () => {
      // Only a chain of segments has the stages' outputs between them.
      const needsChain = context.watch.outputs.length > 0;
      const open = await this.#openFor({ ...params, ...(needsChain && { unet: 'chain' }) });
      return open.pipeline.observe(request, context);
    }, context.signal);
  }

  /**
   * A picture of a job: each of its runs waits for its turn. A preview with another model in between unloads this one;
   * then the picture is begun anew.
   */
  async generateForJob(
    params: Omit<Settled<GenerateParams>, 'keep'>,
    { signal, takeTurn, watch, onStages }: JobPictureContext,
  ): Promise<GeneratedPicture> {
    let lostCount = 0;
    for (;;) {
      const open = await takeTurn(() => this.#openFor(params));
      const isDisplaced = (): boolean => this.#open !== open;
      const takeOwnTurn: TakeTurn = (work) =>
        takeTurn(() => {
          if (isDisplaced()) throw new FeaturescopeError('closed', 'The model was unloaded.');
          return work();
        });
      try {
        return await open.pipeline.generate(params, {
          ...{ signal, watch, onStages },
          takeTurn: takeOwnTurn,
        });
      } catch (error) {
        if (signal.aborted) throw error;
        if (isDisplaced()) continue;
        // A preview that was cancelled may have taken the runner with it, and the sessions with the runner.
        const isLost = FeaturescopeError.from(error).code === 'closed';
        if (!isLost || ++lostCount === lostRunnerMax) throw error;
      }
    }
  }

  /**
   * One turn of work with a model's pipeline: nothing else runs meanwhile. Boards take a turn for each picture, as jobs
   * do, so that previews get in between.
   */
  async turn<T>(
    choice: Settled<ModelChoice> & Pick<OpenParams, 'extraTaps'>,
    signal: AbortSignal,
    priority: Priority,
    work: (turn: ModelTurn) => Promise<T>,
  ): Promise<T> {
    return this.#queue.run(
      async () => {
        const open = await this.#openFor(choice);
        const { provider } = choice;
        return work({
          pipeline: open.pipeline,
          manifestOf: (request, timingsMs, recipe) =>
            this.#manifestOf({ ...request, provider }, open, { timingsMs }, recipe),
        });
      },
      signal,
      priority,
    );
  }

  /**
   * One turn of a job: a picture's worth of work. A preview that was cancelled may take the runner with it; then the work
   * is begun anew.
   *
   * @param takeTurn as jobs get it
   */
  async turnOfJob<T>(
    params: OpenParams,
    { signal, takeTurn }: Pick<JobPictureContext, 'signal' | 'takeTurn'>,
    work: (pipeline: Pipeline) => Promise<T>,
  ): Promise<T> {
    for (let lostCount = 1; ; lostCount++) {
      try {
        return await takeTurn(async () => work((await this.#openFor(params)).pipeline));
      } catch (error) {
        const isLost = FeaturescopeError.from(error).code === 'closed';
        if (signal.aborted || !isLost || lostCount === lostRunnerMax) throw error;
      }
    }
  }

  /** True when a new turn would have to wait. */
  get isBusy(): boolean {
    return this.#queue.isBusy;
  }

  /** Id and hashes of a model's files. */
  async identify(modelDir: string, signal: AbortSignal): Promise<ModelIdentity> {
    const { files, description } = await readModelFolder(modelDir);
    const hashes = await hashModelFiles(files, this.hashMemory(), signal);
    return { id: description.id, hashes };
  }

  /** SHA-256 of a network that a model's pictures are looked at with; undefined without one. */
  async networkSha256(kind: NetworkKind, modelDir: string): Promise<string | undefined> {
    const { lpipsPath: lpips, clipPath: clip } = this.#ports;
    const chosen = { lpips, clip, clipText: clip, classifier: '' }[kind];
    const found = await findNetwork(kind === 'clipText' ? 'clip' : kind, modelDir, chosen);
    const file = found && kind === 'clipText' ? await findClipText(found) : found;
    return file && hashNetwork(file);
  }

  /** Frees the open model, so that its files can be moved; the next picture loads it again. */
  async release(signal: AbortSignal): Promise<void> {
    await this.#queue.run(async () => {
      const open = this.#open;
      this.#open = undefined;
      await open?.pipeline.release();
    }, signal);
  }

  /** The model that is open. */
  get resident(): Resident['model'] {
    if (!this.#open) return null;
    const { modelDir, provider, pipeline } = this.#open;
    return { dir: modelDir, title: pipeline.model.description.title, provider };
  }

  /** Frees the open model and ends the process that held it: all its memory comes back. */
  async unload(signal: AbortSignal): Promise<void> {
    await this.#queue.run(async () => {
      this.#open = undefined;
      await this.#ports.ort.stop();
    }, signal);
  }

  async #openFor({ modelDir, provider, unet, extraTaps }: OpenParams): Promise<OpenModel> {
    const open = this.#open;
    if (open?.provider === provider && open.modelDir === modelDir) {
      const isForm = unet === undefined || unet === (open.unet ?? defaultForm(provider));
      const isTapped = extraTaps === open.extraTaps;
      if (isForm && isTapped) {
        const { model } = open.pipeline;
        const [isUnchanged, saes] = await Promise.all([
          areUnchanged(model.files),
          this.#saes.saesOf(model),
        ]);
        if (isUnchanged && keyOf(saes) === open.saesKey) return open;
      }
    }
    this.#open = undefined;
    await open?.pipeline.release();
    const folder = await readModelFolder(modelDir);
    const { ort, threadCount, memoryBytesMax, lpipsPath, clipPath, onLog } = this.#ports;
    onLog({ level: 'info', room: 'engine', text: `model ${folder.dir}, provider ${provider}` });
    const modelSaes = await this.#saes.saesOf(folder);
    const form = { extraTaps, ...(unet && { unet }) };
    const saes = activeSaesOf(modelSaes);
    const networks = { lpipsPath, clipPath };
    const options = { provider, threadCount, memoryBytesMax, ...networks, saes, ...form };
    const pipeline = createPipeline(folder, ort, options);
    const hashing = beginHashing(folder.files, this.hashMemory());
    hashing.hashes.catch(() => (this.#open = undefined));
    const saesKey = keyOf(modelSaes);
    this.#open = { modelDir, provider, ...form, pipeline, hashing, saesKey };
    return this.#open;
  }

  async #manifestOf(
    params: Omit<Settled<GenerateParams>, 'modelDir' | 'keep'>,
    { pipeline, hashing }: OpenModel,
    made: Pick<GeneratedPicture, 'timingsMs'>,
    recipe?: EditRecipe,
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
      model: { id, hashes: await hashing.hashes },
      provider: params.provider,
      versions: {
        featurescope: this.#ports.version,
        onnxruntime: await this.#ports.ort.version(),
      },
      createdAt: new Date().toISOString(),
      timingsMs: made.timingsMs,
      ...(recipe && { recipe }),
    };
  }

  /** Without a usable store (read-only, full) hashes are still remembered while the engine lives. */
  hashMemory(): HashMemory {
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

/** The SAEs that are used, one a stage. */
export const activeSaesOf = ({ active }: ModelSaes): readonly InstalledSae[] =>
  [...active.values()].map(({ sae }) => sae);

const keyOf = (saes: ModelSaes): string =>
  activeSaesOf(saes)
    .map(({ folder, manifest }) => `${folder}\0${manifest.weights.sha256}`)
    .sort()
    .join('\n');

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
