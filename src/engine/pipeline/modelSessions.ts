import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FeaturescopeError } from '../../protocol/errors.ts';
import type { Provider } from '../../protocol/provider.ts';
import type { GraphSource } from '../../protocol/runner.ts';
import type { TensorValue } from '../../protocol/tensors.ts';
import { checkExternalData } from '../models/externalData.ts';
import { graphReadBytesMax } from '../models/limits.ts';
import type { ModelFile } from '../models/modelFiles.ts';
import type { ModelFolder } from '../models/modelFolder.ts';
import { type InstalledSae, saeSpecOf } from '../models/sae/installedSaes.ts';
import { checkSaeWeights, readSaeWeights } from '../models/sae/saeWeightsFile.ts';
import { cutIntoSegments } from '../onnx/cutIntoSegments.ts';
import { listExternalData, moveExternalData } from '../onnx/externalData.ts';
import { findNeurons } from '../onnx/findNeurons.ts';
import { type ExtraTaps, findResnets, findStages } from '../onnx/findStages.ts';
import { fuseAttention } from '../onnx/fuseAttention.ts';
import type { OnnxGraph } from '../onnx/graph.ts';
import { readGraph } from '../onnx/readGraph.ts';
import type { SaeSpec } from '../onnx/saeSpec.ts';
import { type SplicedTap, spliceTaps, type Tap } from '../onnx/spliceTaps.ts';
import { defaultFeeds } from '../onnx/tapFeeds.ts';
import { writeGraph } from '../onnx/writeGraph.ts';
import type { Ort, OrtSession } from '../ort/ort.ts';
import { placeWeights } from './placeWeights.ts';

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads inside an operator; 0 = ONNX Runtime's own choice. */
  readonly threadCount: number;
  readonly unet: UnetForm;
  /** Spliced into their stages; the other attention stages are tapped without. */
  readonly saes: readonly InstalledSae[];
  /** What is tapped beside attention stages. */
  readonly extraTaps?: ExtraTaps | undefined;
}

/**
 * How the U-net runs. `plain`: its file as it is. `tapped`: one session with a tap at every attention stage, for
 * graphics cards, where a cut is a copy to the host and back. `chain`: tapped, and cut between every attention stage and
 * its tap, so that edits can start in the middle; a cut costs about 0.2 ms a step on the CPU.
 */
export type UnetForm = 'plain' | 'tapped' | 'chain';

/** The U-net's sessions in the order in which they run, and the taps in them. */
export interface UnetSessions {
  readonly sessions: readonly OrtSession[];
  readonly taps: readonly SplicedTap[];
}

type Defaults = Readonly<Record<string, TensorValue>>;

interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  readonly threadCount?: number | undefined;
  /** Made when the session is. */
  readonly defaults?: () => Defaults;
}

interface UnetPlan {
  readonly sources: readonly GraphSource[];
  readonly taps: readonly SplicedTap[];
}

/** The sessions of one model: loaded when first asked for, kept, and loaded again when their runner has gone. */
export class ModelSessions {
  readonly #ort: Ort;
  readonly #folder: ModelFolder;
  readonly #options: SessionOptions;
  readonly #held = new Map<string, Promise<OrtSession>>();
  #unetPlan: Promise<UnetPlan> | undefined;

  constructor(ort: Ort, folder: ModelFolder, options: SessionOptions) {
    this.#ort = ort;
    this.#folder = folder;
    this.#options = options;
  }

  /**
   * @param part `text_encoder`, `vae_decoder`, ...
   * @param threadCount where it is not that of all sessions
   */
  async open(
    part: string,
    graph: ModelFile,
    signal?: AbortSignal,
    threadCount?: number,
  ): Promise<OrtSession> {
    const source = (): Promise<GraphSource> => this.#source(graph);
    return this.#session(part, graph, source, { signal, threadCount });
  }

  /** A graph that need not lie in the model's folder and holds its weights itself. */
  async openAlone(part: string, graph: ModelFile, signal?: AbortSignal): Promise<OrtSession> {
    return this.#session(part, graph, () => Promise.resolve({ path: graph.path }), { signal });
  }

  /** Frees the memory of one part; it is loaded again when it is asked for. */
  async close(part: string): Promise<void> {
    const held = this.#held.get(part);
    this.#held.delete(part);
    await (await held?.catch(() => undefined))?.release();
  }

  /** Loads what is not loaded yet. @param onLoading told before each session that has to be */
  async openUnet(
    signal?: AbortSignal,
    onLoading: (index: number, count: number) => void = () => undefined,
  ): Promise<UnetSessions> {
    const { graph } = this.#folder.unet;
    const { sources, taps } = await this.#plan();
    const sessions: OrtSession[] = [];
    const defaults = (): Defaults => Object.assign({}, ...taps.map(defaultFeeds)) as Defaults;
    for (const [index, source] of sources.entries()) {
      const part = `unet/${String(index)}`;
      const open = (): Promise<GraphSource> => {
        onLoading(index, sources.length);
        return Promise.resolve(source);
      };
      sessions.push(await this.#session(part, graph, open, { signal, defaults }));
    }
    return { sessions, taps };
  }

  /** The taps that the U-net has once it is loaded; none where it runs as it is. */
  async taps(): Promise<readonly SplicedTap[]> {
    return (await this.#plan()).taps;
  }

  /** Frees all memory that the model takes in the runner. */
  async release(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const session of await Promise.allSettled(held)) {
      if (session.status === 'fulfilled') await session.value.release();
    }
  }

  async #session(
    part: string,
    graph: ModelFile,
    source: () => Promise<GraphSource>,
    { signal, threadCount = this.#options.threadCount, defaults = () => ({}) }: OpenOptions,
  ): Promise<OrtSession> {
    const held = await this.#held.get(part)?.catch(() => undefined);
    if (held?.isAlive) return held;
    const { provider } = this.#options;
    const opening = source()
      .then((graphSource) =>
        this.#ort.createSession(
          { graph: graphSource, provider, threadCount, defaults: defaults() },
          signal,
        ),
      )
      .catch((error: unknown) => {
        throw namingFile(error, graph.name);
      });
    this.#held.set(part, opening);
    opening.catch(() => {
      if (this.#held.get(part) === opening) this.#held.delete(part);
    });
    return opening;
  }

  async #plan(): Promise<UnetPlan> {
    this.#unetPlan ??= this.#planUnet();
    return this.#unetPlan.catch((error: unknown) => {
      this.#unetPlan = undefined;
      throw error;
    });
  }

  async #source(graph: ModelFile): Promise<GraphSource> {
    // A larger graph holds its weights itself.
    if (graph.sizeBytes <= graphReadBytesMax) await this.#readChecked(graph);
    return { path: graph.path };
  }

  async #planUnet(): Promise<UnetPlan> {
    const { graph: file } = this.#folder.unet;
    const form = this.#options.unet;
    // A graph that holds its weights itself and is too large to be changed runs as it is.
    if (form === 'plain' || file.sizeBytes > graphReadBytesMax) {
      return { sources: [await this.#source(file)], taps: [] };
    }
    try {
      const whole = await this.#readChecked(file);
      const { saes } = this.#options;
      const unetDir = await realpath(dirname(file.path));
      const saeDirs = await Promise.all(
        saes.map(async (sae) => dirname(await checkSaeWeights(sae))),
      );
      const { externalDataDir, unetFolder, saeFolders } = placeWeights(unetDir, saeDirs);
      const specs = new Map(
        await Promise.all(
          saes.map(
            async (sae, index) => [sae.stagePath, await specOf(sae, saeFolders[index])] as const,
          ),
        ),
      );
      // Only the CPU's operator is measured and tested.
      const quicker = this.#options.provider === 'cpu' ? fuseAttention(whole) : whole;
      const moved = moveExternalData(quicker, unetFolder);
      const { graph, taps, cuts } = spliceTaps(
        moved,
        tapsOf(moved, specs, this.#options.extraTaps),
      );
      const parts =
        form === 'chain' ? cutIntoSegments(graph, cuts) : [{ bytes: writeGraph(graph) }];
      return { sources: parts.map(({ bytes }) => ({ bytes, externalDataDir })), taps };
    } catch (error) {
      throw namingFile(error, file.name);
    }
  }

  async #readChecked(file: ModelFile): Promise<OnnxGraph> {
    const graph = readGraph(await readFile(file.path));
    await checkExternalData(this.#folder.dir, file.name, listExternalData(graph));
    return graph;
  }
}

/** @param place the SAE's folder in that of the external data; undefined when the graph cannot refer to it */
async function specOf(sae: InstalledSae, place: string | undefined): Promise<SaeSpec> {
  const { name } = sae.manifest.weights;
  if (place === undefined) return saeSpecOf(sae.manifest, name, await readSaeWeights(sae));
  return saeSpecOf(sae.manifest, place === '' ? name : `${place}/${name}`);
}

const tapsOf = (
  graph: OnnxGraph,
  specs: ReadonlyMap<string, SaeSpec>,
  extraTaps: ExtraTaps | undefined,
): readonly Tap[] => [
  ...findStages(graph).stages.map((stage) => {
    const sae = specs.get(stage.path);
    return sae ? { stage, sae } : { stage };
  }),
  ...(extraTaps ? extraStages[extraTaps](graph).stages.map((stage) => ({ stage })) : []),
];

const extraStages = { resnet: findResnets, neurons: findNeurons } as const;

function namingFile(error: unknown, name: string): FeaturescopeError {
  const known = FeaturescopeError.from(error);
  const isAboutFile = known.code === 'model' || known.code === 'outOfMemory';
  if (!isAboutFile || known.message.includes(name)) return known;
  return new FeaturescopeError(known.code, `${name}: ${known.message}`, {
    cause: error,
    ...{ detail: known.detail, provider: known.provider },
  });
}
