import { InferenceSession, Tensor } from 'onnxruntime-node';
import { cancelled, FeaturescopeError, invalidInput, modelError } from '../protocol/errors.ts';
import type { Provider } from '../protocol/provider.ts';
import type { RunnerStatus } from '../protocol/resident.ts';
import type {
  CreateSessionParams,
  GraphSource,
  RunParams,
  RunResult,
  SessionInfo,
  ValueInfo,
} from '../protocol/runner.ts';
import {
  type Dtype,
  isHandle,
  sizeOf,
  type TensorData,
  type TensorHandle,
  type TensorRef,
  type TensorValue,
} from '../protocol/tensors.ts';

/** ONNX Runtime's names for what Featurescope calls a provider. */
const executionProviders: Record<Provider, string> = {
  cpu: 'cpu',
  cuda: 'cuda',
  webgpu: 'webgpu',
  dml: 'dml',
  coreml: 'coreml',
};

/** Segments of a small model take less than a look at the pipe is worth. */
const deafMsMax = 10;

interface HeldSession {
  readonly session: InferenceSession;
  /** Fed where a run gives nothing. */
  readonly defaults: ReadonlyMap<string, Tensor>;
}

interface HeldTensor {
  readonly tensor: Tensor;
  /** None for values that were put here: they outlive every session. */
  readonly sessionId: number | undefined;
}

/** Sessions and tensors by number. Everything blocks the thread: that is why it lives in its own process. */
export class Sessions {
  readonly #sessions = new Map<number, HeldSession>();
  readonly #tensors = new Map<number, HeldTensor>();
  /** Starts anywhere, so that numbers from an earlier life of the runner never name something here. */
  #nextId = Math.floor(Math.random() * 2 ** 48);

  async create(params: CreateSessionParams): Promise<SessionInfo> {
    const startedAt = performance.now();
    const session = await this.#load(params);
    const sessionId = this.#nextId++;
    const defaults = new Map(
      Object.entries(params.defaults ?? {})
        .filter(([name]) => session.inputNames.includes(name))
        .map(([name, value]) => [name, this.#tensor(value)]),
    );
    this.#sessions.set(sessionId, { session, defaults });
    return {
      sessionId,
      inputs: valueInfos(session.inputMetadata).map((info) =>
        defaults.has(info.name) ? { ...info, isOptional: true } : info,
      ),
      outputs: valueInfos(session.outputMetadata),
      loadMs: performance.now() - startedAt,
    };
  }

  get status(): RunnerStatus {
    return {
      sessionCount: this.#sessions.size,
      tensorCount: this.#tensors.size,
      residentBytes: process.memoryUsage.rss(),
    };
  }

  async #load({ graph, provider, threadCount }: CreateSessionParams): Promise<InferenceSession> {
    const options: InferenceSession.SessionOptions = {
      executionProviders: [executionProviders[provider]],
      logSeverityLevel: 3,
      ...(threadCount > 0 ? { intraOpNumThreads: threadCount } : {}),
      extra: { session: sessionConfig(graph) },
    };
    try {
      return 'path' in graph
        ? await InferenceSession.create(graph.path, options)
        : await InferenceSession.create(graph.bytes, options);
    } catch (error) {
      throw nativeError(error, `The graph could not be loaded with provider "${provider}"`);
    }
  }

  /**
   * Runs one session, or several as a chain. Yields first and every few milliseconds between them, so that a cancel that
   * is already in the pipe is seen.
   */
  async run(params: RunParams, signal: AbortSignal): Promise<RunResult> {
    const { fetches, feeds } = params;
    const chain = params.sessionIds.map((id) => ({ id, ...this.#session(id) }));
    const needed = new Set([
      ...Object.keys(fetches),
      ...chain.flatMap((each) => each.session.inputNames),
    ]);
    const pool = new Map(Object.entries(feeds).map(([name, ref]) => [name, this.#tensor(ref)]));
    const targets = new Map<string, Tensor>();
    for (const [name, kind] of Object.entries(fetches)) {
      if (typeof kind === 'object') targets.set(name, this.#tensor(kind));
    }
    const outputs: Record<string, TensorValue | TensorHandle> = {};
    const written = new Set<string>();
    let runMs = 0;
    let listenedAt = -Infinity;
    try {
      for (const { id, session, defaults } of chain) {
        if (performance.now() - listenedAt >= deafMsMax) {
          await new Promise(setImmediate);
          listenedAt = performance.now();
        }
        if (signal.aborted) throw cancelled();
        const wanted = session.outputNames.filter((name) => needed.has(name));
        const startedAt = performance.now();
        const results = await runOnce({ session, defaults }, pool, wanted, targets);
        runMs += performance.now() - startedAt;
        for (const [name, tensor] of Object.entries(results)) {
          pool.set(name, tensor);
          const kind = fetches[name];
          if (kind === 'value') outputs[name] = toValue(tensor);
          else if (kind === 'handle') outputs[name] = this.#hold(tensor, id);
          else if (kind) written.add(name);
        }
      }
      const missing = Object.keys(fetches).find((name) => !(name in outputs || written.has(name)));
      if (missing !== undefined) throw invalidInput(`The graph has no output "${missing}".`);
    } catch (error) {
      // Nobody will ever know the handles of a run that failed half-way.
      this.releaseTensors(
        Object.values(outputs)
          .filter(isHandle)
          .map(({ handle }) => handle),
      );
      throw error;
    }
    return { outputs, runMs };
  }

  #session(id: number): HeldSession {
    const session = this.#sessions.get(id);
    if (!session) throw invalidInput(`Session ${String(id)} is not loaded.`);
    return session;
  }

  async release(sessionId: number): Promise<void> {
    const held = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    for (const [handle, held] of this.#tensors) {
      if (held.sessionId === sessionId) this.#tensors.delete(handle);
    }
    await held?.session.release();
  }

  holdTensors(tensors: readonly TensorValue[]): readonly TensorHandle[] {
    return tensors.map((value) => this.#hold(this.#tensor(value), undefined));
  }

  allocateTensor(dims: readonly number[]): TensorHandle {
    return this.#hold(new Tensor('float32', new Float32Array(sizeOf(dims)), dims), undefined);
  }

  writeTensor(handle: TensorHandle, from: number, data: Float32Array): void {
    const held = this.#tensor(handle).data;
    if (!(held instanceof Float32Array) || from < 0 || from + data.length > held.length) {
      throw invalidInput(
        `${String(data.length)} values do not fit into a ${handle.dtype} tensor of ${String(held.length)} from ${String(from)} on.`,
      );
    }
    held.set(data, from);
  }

  readTensors(handles: readonly TensorHandle[]): readonly TensorValue[] {
    return handles.map((handle) => toValue(this.#tensor(handle)));
  }

  releaseTensors(handles: readonly number[]): void {
    for (const handle of handles) {
      this.#tensors.get(handle)?.tensor.dispose();
      this.#tensors.delete(handle);
    }
  }

  #hold(tensor: Tensor, sessionId: number | undefined): TensorHandle {
    const handle = this.#nextId++;
    this.#tensors.set(handle, { tensor, sessionId });
    return { handle, dtype: tensor.type as Dtype, dims: [...tensor.dims] };
  }

  #tensor(ref: TensorRef): Tensor {
    if (!isHandle(ref)) return new Tensor(ref.dtype, ref.data as never, ref.dims);
    const held = this.#tensors.get(ref.handle);
    if (!held) throw invalidInput(`Tensor ${String(ref.handle)} was already released.`);
    const { tensor } = held;
    const isSameShape = ref.dims.join() === tensor.dims.join();
    if (sizeOf(ref.dims) !== tensor.size) {
      throw invalidInput(
        `A tensor of ${String(tensor.size)} values cannot be seen as [${ref.dims.join(', ')}].`,
      );
    }
    return isSameShape ? tensor : new Tensor(tensor.type, tensor.data, ref.dims);
  }
}

async function runOnce(
  { session, defaults }: HeldSession,
  pool: ReadonlyMap<string, Tensor>,
  wanted: readonly string[],
  targets: ReadonlyMap<string, Tensor>,
): Promise<Readonly<Record<string, Tensor>>> {
  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const tensor = pool.get(name) ?? defaults.get(name);
    if (!tensor) throw invalidInput(`The graph's input "${name}" was not given.`);
    feeds[name] = tensor;
  }
  try {
    const isInto = wanted.some((name) => targets.has(name));
    if (!isInto) return await session.run(feeds, wanted);
    return await session.run(
      feeds,
      Object.fromEntries(wanted.map((name) => [name, targets.get(name) ?? null])),
    );
  } catch (error) {
    throw nativeError(error, 'ONNX Runtime could not run the graph');
  }
}

/**
 * Denormals make CPU runs many times slower and carry nothing: they count as zero. A thread that waits for work spins for
 * as long as waking it would take, and never after its run: sessions of a chain each have their own threads, and those
 * of nine that wait would take the processor from the one that works (seen without bounds, on a busy machine: 1,384 ms
 * instead of 45 ms).
 */
function sessionConfig(graph: GraphSource): Record<string, string> {
  return {
    set_denormal_as_zero: '1',
    'intra_op.allow_spinning': '1',
    'intra_op.spin_duration_us': '20',
    force_spinning_stop: '1',
    ...('bytes' in graph
      ? { model_external_initializers_file_folder_path: graph.externalDataDir }
      : {}),
  };
}

function toValue(tensor: Tensor): TensorValue {
  return {
    dtype: tensor.type as Dtype,
    dims: [...tensor.dims],
    data: tensor.data as TensorData,
  };
}

function valueInfos(metadata: readonly InferenceSession.ValueMetadata[]): ValueInfo[] {
  return metadata.map((value) => ({
    name: value.name,
    dtype: (value.isTensor ? value.type : 'float32') as Dtype,
    dims: value.isTensor ? [...value.shape] : [],
  }));
}

function nativeError(error: unknown, what: string): FeaturescopeError {
  const text = error instanceof Error ? error.message : String(error);
  if (/bad_?alloc|out of memory|failed to allocate|allocation failed/i.test(text)) {
    return new FeaturescopeError('outOfMemory', `${what}: not enough memory.`, { detail: text });
  }
  return modelError(`${what}: ${firstSentence(text)}`, { detail: text });
}

/** ONNX Runtime's messages carry source paths, signatures and stack lines; what is left says what happened. */
const firstSentence = (text: string): string =>
  (text.split('\n')[0] ?? text).replace(/^\/\S+\.(?:cc|h):\d+ .*? was false\. /, '').slice(0, 400);
