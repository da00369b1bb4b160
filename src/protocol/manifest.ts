import type { Provider } from './provider.ts';
import type { EditRecipe } from './recipe.ts';

/** Schedulers that Featurescope implements, by their diffusers class names. */
export const schedulerNames = [
  'EulerAncestralDiscreteScheduler',
  'EulerDiscreteScheduler',
  'DDIMScheduler',
] as const;
export type SchedulerName = (typeof schedulerNames)[number];

export interface ModelIdentity {
  /** Folder name, or the name that the folder's own `featurescope.json` gives. */
  readonly id: string;
  /** SHA-256 (hex) of every file that decides the picture, by its path inside the folder. */
  readonly hashes: Readonly<Record<string, string>>;
}

/**
 * What makes a picture again: written into the PNG (text chunk `featurescope`), beside it on request, and kept with
 * every run. `version` counts the shape of this record; readers migrate older ones.
 */
export interface RunManifest {
  readonly version: 1;
  readonly prompt: string;
  readonly negativePrompt: string;
  /** 0 ... 2^32-1; torch's CPU generator stream. */
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly scheduler: SchedulerName;
  readonly width: number;
  readonly height: number;
  readonly model: ModelIdentity;
  readonly provider: Provider;
  readonly versions: { readonly featurescope: string; readonly onnxruntime: string };
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly timingsMs: Readonly<Record<string, number>>;
  /** How an edited picture was edited; plain pictures have none. */
  readonly recipe?: EditRecipe;
  /** Set when the picture was read, not made: nothing makes it again, and seed and steps are those of the reading. */
  readonly explained?: ExplainedFrom;
}

/** Where an explained picture comes from, and how it was read. */
export interface ExplainedFrom {
  /** Of the file, without its folder. */
  readonly name: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  readonly timestep: number;
  /** Noises from the manifest's `seed` on; the readings have one step for each. */
  readonly seedCount: number;
}
