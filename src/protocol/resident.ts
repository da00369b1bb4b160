import type { Provider } from './provider.ts';
import { defineRequest } from './request.ts';

/** What is in memory for making pictures. */
export interface Resident {
  /** The model that is open; its sessions are loaded when they are first needed. Null: none. */
  readonly model: {
    readonly dir: string;
    readonly title: string;
    readonly provider: Provider;
  } | null;
  /** The process that holds sessions and tensors; null when there is none. */
  readonly runner: RunnerStatus | 'working' | null;
}

export interface RunnerStatus {
  readonly sessionCount: number;
  /** Tensors that stay between runs. */
  readonly tensorCount: number;
  /** Of the whole process, as the system counts it: graphs, weights, tensors; not what a graphics card holds. */
  readonly residentBytes: number;
}

export const readResident = defineRequest<null, Resident>('engine/resident');
/** Unloads the model and ends the process that held it; the next picture loads it again. Waits for what runs. */
export const freeMemory = defineRequest<null, null>('engine/freeMemory');
