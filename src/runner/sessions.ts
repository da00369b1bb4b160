import { InferenceSession, type InferenceSession as Ort, Tensor } from 'onnxruntime-node';
import { cancelled, FeaturescopeError, invalidInput, modelError } from '../protocol/errors.ts';
import type { Provider } from '../protocol/provider.ts';
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

interface HeldTensor {
  readonly tensor: Tensor;
  readonly sessionId: number;
}

/** Sessions and tensors by number. Everything blocks the thread: that is why it lives in its own process. */
export class Sessions {
  readonly #sessions = new Map<number, InferenceSession>();
  readonly #tensors = new Map<number, HeldTensor>();
  /** Starts anywhere, so that numbers from an earlier life of the runner never name something here. */
  #nextId = Math.floor(Math.random() * 2 ** 48);

  async create(params: CreateSessionParams): Promise<SessionInfo> {
    const startedAt = performance.now();
    const session = await this.#load(params);
    const sessionId = this.#nextId++;
    this.#sessions.set(sessionId, session);
    return {
      sessionId,
      inputs: valueInfos(session.inputMetadata),
      outputs: valueInfos(session.outputMetadata),
      loadMs: performance.now() - startedAt,
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

  /** One `run`. Yields once before it starts, so that a cancel that is already in the pipe is seen. */
  async run(params: RunParams, signal: AbortSignal): Promise<RunResult> {
    await new Promise(setImmediate);
    if (signal.aborted) throw cancelled();
    const session = this.#sessions.get(params.sessionId);
    if (!session) throw invalidInput(`Session ${String(params.sessionId)} is not loaded.`);
    const feeds: Record<string, Tensor> = {};
    for (const [name, ref] of Object.entries(params.feeds)) feeds[name] = this.#tensor(ref);
    const startedAt = performance.now();
    let results: Ort.OnnxValueMapType;
    try {
      results = await session.run(feeds, Object.keys(params.fetches));
    } catch (error) {
      throw nativeError(error, 'ONNX Runtime could not run the graph');
    }
    const runMs = performance.now() - startedAt;
    const outputs: Record<string, TensorValue | TensorHandle> = {};
    for (const [name, kind] of Object.entries(params.fetches)) {
      const tensor = results[name];
      if (!tensor) throw invalidInput(`The graph has no output "${name}".`);
      outputs[name] = kind === 'value' ? toValue(tensor) : this.#hold(tensor, params.sessionId);
    }
    return { outputs, runMs };
  }

  async release(sessionId: number): Promise<void> {
    const session = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    for (const [handle, held] of this.#tensors) {
      if (held.sessionId === sessionId) this.#tensors.delete(handle);
    }
    await session?.release();
  }

  releaseTensors(handles: readonly number[]): void {
    for (const handle of handles) {
      this.#tensors.get(handle)?.tensor.dispose();
      this.#tensors.delete(handle);
    }
  }

  #hold(tensor: Tensor, sessionId: number): TensorHandle {
    const handle = this.#nextId++;
    this.#tensors.set(handle, { tensor, sessionId });
    return { handle, dtype: tensor.type as Dtype, dims: [...tensor.dims] };
  }

  #tensor(ref: TensorRef): Tensor {
    if (!isHandle(ref)) return new Tensor(ref.dtype, ref.data as never, ref.dims);
    const held = this.#tensors.get(ref.handle);
    if (!held) throw invalidInput(`Tensor ${String(ref.handle)} was already released.`);
    return held.tensor;
  }
}

/**
 * Denormals make CPU runs many times slower and carry nothing: they count as zero. Threads that wait must not spin:
 * a chain's sessions each have their own, and spinning ones take the processor from those that work (seen: a chain of
 * ten at 1,384 ms instead of 45 ms on a busy machine).
 */
function sessionConfig(graph: GraphSource): Record<string, string> {
  return {
    set_denormal_as_zero: '1',
    'intra_op.allow_spinning': '0',
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
