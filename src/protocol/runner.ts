import { defineRequest } from './request.ts';
import type { RunnerStatus } from './resident.ts';
import type { Provider } from './provider.ts';
import type { Dtype, TensorHandle, TensorRef, TensorValue } from './tensors.ts';

/** What becomes of an output: it comes back, it stays, or it is written into the memory of a tensor that stays. */
export type Fetch = 'value' | 'handle' | TensorHandle;

/** A graph for a session: a file, or bytes whose external initializers lie in `externalDataDir`. */
export type GraphSource =
  { readonly path: string } | { readonly bytes: Uint8Array; readonly externalDataDir: string };

export interface CreateSessionParams {
  readonly graph: GraphSource;
  readonly provider: Provider;
  /** Threads inside an operator; 0 = ONNX Runtime's own choice. */
  readonly threadCount: number;
  /** Inputs that a run may leave out, with what they are then; names that the graph does not have are passed over. */
  readonly defaults?: Readonly<Record<string, TensorValue>>;
}

/** One graph input or output as the session declares it; a symbolic dimension is its name. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly dims: readonly (number | string)[];
  /** An input that has a default. */
  readonly isOptional?: true;
}

export interface SessionInfo {
  readonly sessionId: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly loadMs: number;
}

export interface RunParams {
  /** Run in order; each takes what it needs from the feeds and from the outputs before it, by name. */
  readonly sessionIds: readonly number[];
  readonly feeds: Readonly<Record<string, TensorRef>>;
  /** Outputs wanted, and where they go. Others are not computed for the caller. */
  readonly fetches: Readonly<Record<string, Fetch>>;
}

export interface RunResult {
  /** Without those that were written into a tensor. */
  readonly outputs: Readonly<Record<string, TensorValue | TensorHandle>>;
  /** Wall time of ONNX Runtime's `run` alone, all sessions together. */
  readonly runMs: number;
}

export const runnerHello = defineRequest<
  Record<string, never>,
  { ortVersion: string; backends: readonly string[] }
>('runner/hello');
/** Answered between runs. */
export const runnerStatus = defineRequest<null, RunnerStatus>('runner/status');
export const createSession = defineRequest<CreateSessionParams, SessionInfo>('session/create');
export const runSession = defineRequest<RunParams, RunResult>('session/run');
export const releaseSession = defineRequest<{ sessionId: number }, null>('session/release');
/** Puts values into the runner; they stay until they are released. */
export const holdTensors = defineRequest<
  { tensors: readonly TensorValue[] },
  { handles: readonly TensorHandle[] }
>('tensor/hold');
/** The same for values that come in parts: zeros at first, f32. */
export const allocateTensor = defineRequest<{ dims: readonly number[] }, { handle: TensorHandle }>(
  'tensor/allocate',
);
/** Writes values into a held f32 tensor, from an element on. */
export const writeTensor = defineRequest<
  { tensor: TensorHandle; from: number; data: Float32Array },
  null
>('tensor/write');
export const readTensors = defineRequest<
  { handles: readonly TensorHandle[] },
  { tensors: readonly TensorValue[] }
>('tensor/read');
export const releaseTensors = defineRequest<{ handles: readonly number[] }, null>('tensor/release');
