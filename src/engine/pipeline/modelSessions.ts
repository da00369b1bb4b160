import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FeaturescopeError } from '../../protocol/errors.ts';
import type { Provider } from '../../protocol/provider.ts';
import type { GraphSource } from '../../protocol/runner.ts';
import { checkExternalData } from '../models/externalData.ts';
import { graphReadBytesMax } from '../models/limits.ts';
import type { ModelFile } from '../models/modelFiles.ts';
import type { ModelFolder } from '../models/modelFolder.ts';
import { cutIntoSegments } from '../onnx/cutIntoSegments.ts';
import { listExternalData } from '../onnx/externalData.ts';
import { findStages, stageNamed } from '../onnx/findStages.ts';
import type { OnnxGraph } from '../onnx/graph.ts';
import { readGraph } from '../onnx/readGraph.ts';
import type { Ort, OrtSession } from '../ort/ort.ts';

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads inside an operator; 0 = ONNX Runtime's own choice. */
  readonly threadCount: number;
  /**
   * Attention stages, by name or path, after which the U-net is cut, so that edits can start in the middle. Every cut
   * costs about 0.4 ms a step on the CPU, and on a graphics card a copy to the host and back.
   */
  readonly cutAfter: 'everyStage' | readonly string[];
}

/** The sessions of one model: loaded when first asked for, kept, and loaded again when their runner has gone. */
export class ModelSessions {
  readonly #ort: Ort;
  readonly #folder: ModelFolder;
  readonly #options: SessionOptions;
  readonly #held = new Map<string, Promise<OrtSession>>();
  #segments: Promise<readonly GraphSource[]> | undefined;

  constructor(ort: Ort, folder: ModelFolder, options: SessionOptions) {
    this.#ort = ort;
    this.#folder = folder;
    this.#options = options;
  }

  /** @param part `text_encoder`, `vae_decoder`, ... */
  async open(part: string, graph: ModelFile, signal?: AbortSignal): Promise<OrtSession> {
    return this.#session(part, graph, () => this.#source(graph), signal);
  }

  /** The sessions of the U-net, in the order in which they run. */
  async openUnet(signal?: AbortSignal): Promise<readonly OrtSession[]> {
    const { graph } = this.#folder.unet;
    this.#segments ??= this.#cutUnet();
    const sources = await this.#segments.catch((error: unknown) => {
      this.#segments = undefined;
      throw error;
    });
    const sessions: OrtSession[] = [];
    for (const [index, source] of sources.entries()) {
      const part = `unet/${String(index)}`;
      sessions.push(await this.#session(part, graph, () => Promise.resolve(source), signal));
    }
    return sessions;
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
    signal?: AbortSignal,
  ): Promise<OrtSession> {
    const held = await this.#held.get(part)?.catch(() => undefined);
    if (held?.isAlive) return held;
    const { provider, threadCount } = this.#options;
    const opening = source()
      .then((graphSource) =>
        this.#ort.createSession({ graph: graphSource, provider, threadCount }, signal),
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

  async #source(graph: ModelFile): Promise<GraphSource> {
    // A larger graph holds its weights itself.
    if (graph.sizeBytes <= graphReadBytesMax) await this.#readChecked(graph);
    return { path: graph.path };
  }

  async #cutUnet(): Promise<readonly GraphSource[]> {
    const { graph: file } = this.#folder.unet;
    const { cutAfter } = this.#options;
    if (cutAfter.length === 0 || file.sizeBytes > graphReadBytesMax) {
      return [await this.#source(file)];
    }
    try {
      const graph = await this.#readChecked(file);
      const found = findStages(graph);
      const stages =
        cutAfter === 'everyStage' ? found.stages : cutAfter.map((name) => stageNamed(found, name));
      const cuts = stages.map(({ name, output }) => ({ name, value: output }));
      const externalDataDir = dirname(file.path);
      return cutIntoSegments(graph, cuts).map(({ bytes }) => ({ bytes, externalDataDir }));
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

function namingFile(error: unknown, name: string): FeaturescopeError {
  const known = FeaturescopeError.from(error);
  const isAboutFile = known.code === 'model' || known.code === 'outOfMemory';
  if (!isAboutFile || known.message.includes(name)) return known;
  return new FeaturescopeError(known.code, `${name}: ${known.message}`, {
    cause: error,
    ...(known.detail === undefined ? {} : { detail: known.detail }),
  });
}
