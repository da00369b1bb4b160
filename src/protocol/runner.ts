import { defineRequest } from './request.ts';
import type { Provider } from './provider.ts';
import type { Dtype, TensorHandle, TensorRef, TensorValue } from './tensors.ts';

/** A graph for a session: a file, or bytes whose external initializers lie in `externalDataDir`. */
export type GraphSource =
  { readonly path: string } | { readonly bytes: Uint8Array; readonly externalDataDir: string };

export interface CreateSessionParams {
  readonly graph: GraphSource;
  readonly provider: Provider;
  /** Threads inside an operator; 0 = ONNX Runtime's own choice. */
  readonly threadCount: number;
}

/** One graph input or output as the session declares it; a symbolic dimension is its name. */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly dims: readonly (number | string)[];
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
  /** Outputs wanted, and whether they come back or stay. Others are not computed for the caller. */
  readonly fetches: Readonly<Record<string, 'value' | 'handle'>>;
}

export interface RunResult {
  readonly outputs: Readonly<Record<string, TensorValue | TensorHandle>>;
  /** Wall time of ONNX Runtime's `run` alone, all sessions together. */
  readonly runMs: number;
}

export const runnerHello = defineRequest<
  Record<string, never>,
  { ortVersion: string; backends: readonly string[] }
>('runner/hello');
export const createSession = defineRequest<CreateSessionParams, SessionInfo>('session/create');
export const runSession = defineRequest<RunParams, RunResult>('session/run');
export const releaseSession = defineRequest<{ sessionId: number }, null>('session/release');
export const releaseTensors = defineRequest<{ handles: readonly number[] }, null>('tensor/release');
