import type { RunnerStatus } from '../../protocol/resident.ts';
import type { CreateSessionParams, Fetch, RunResult, ValueInfo } from '../../protocol/runner.ts';
import type { TensorHandle, TensorRef, TensorValue } from '../../protocol/tensors.ts';

/** A loaded graph in the runner. After a runner crash or kill every call rejects with `closed`. */
export interface OrtSession {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly loadMs: number;
  /** False once the runner that held it has gone, or after `release`: load the graph again. */
  readonly isAlive: boolean;
  /**
   * @param feeds every graph input by name; checked against the session's names, dtypes and ranks
   * @param fetches outputs to compute; `handle` keeps a tensor in the runner, a handle is written into. An output may be
   *   written into an input when, for each element, nothing reads it after the output's own node
   * @throws `invalidInput` for feeds that do not fit, `cancelled`, `closed`, `outOfMemory`, `model`
   */
  run(
    feeds: Readonly<Record<string, TensorRef>>,
    fetches: Readonly<Record<string, Fetch>>,
    signal?: AbortSignal,
  ): Promise<RunResult>;
  release(): Promise<void>;
}

/** The engine's door to ONNX Runtime: sessions and tensors by handle, in a child process that may die. */
export interface Ort {
  createSession(params: CreateSessionParams, signal?: AbortSignal): Promise<OrtSession>;
  /**
   * Several sessions as one: run in order in one request, each fed the inputs of the whole and the outputs of those
   * before it, by name. What passes between them never leaves the runner. Releasing stays with the parts.
   *
   * @throws `closed` when a part's runner has gone
   */
  chain(sessions: readonly OrtSession[]): OrtSession;
  /** Handles of a runner that has gone are ignored. */
  releaseTensors(handles: readonly number[]): Promise<void>;
  /** Version of ONNX Runtime, from the running child. */
  version(): Promise<string>;
  /** Ends the child: all sessions die, the next `createSession` starts a fresh one. */
  stop(): Promise<void>;
}

/** Tensors that are put into the runner and read back, for state that lives there over many runs. */
export interface ResidentTensors {
  /** @returns handles in the order of the values; release each */
  holdTensors(
    tensors: readonly TensorValue[],
    signal?: AbortSignal,
  ): Promise<readonly TensorHandle[]>;
  /** @throws `closed` when the runner that held them has gone */
  readTensors(
    handles: readonly TensorHandle[],
    signal?: AbortSignal,
  ): Promise<readonly TensorValue[]>;
}

/** How large the child is. */
export interface RunnerGauge {
  /** What the child holds: null when there is none, `working` when a run keeps it from answering. */
  status(): Promise<RunnerStatus | 'working' | null>;
}
