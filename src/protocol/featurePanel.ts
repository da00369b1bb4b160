import type { BlockReading, StepReading } from './features.ts';
import type { RunManifest } from './manifest.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem, ProblemAction } from './resultPanel.ts';

/** One feature of one block, as chips, trees and links name it. */
export interface FeatureRef {
  /** `down.2.1` */
  readonly block: string;
  readonly id: number;
}

/** Everything that the feature view shows but pixels and codes; the host holds it, the panel only draws it. */
export interface FeatureState {
  /** The kept run whose features are shown; null before the first picture. */
  readonly picture: { readonly runId: string; readonly manifest: RunManifest } | null;
  /** A second picture to compare with. */
  readonly other: { readonly runId: string; readonly manifest: RunManifest } | null;
  readonly modelTitle: string;
  /** Pinned features stay on top in every block. */
  readonly pinned: readonly FeatureRef[];
  /** The feature that tree and panels point at. */
  readonly selected: FeatureRef | null;
  readonly problem: Problem | null;
}

/** What the panel keeps with `setState`: enough for the host to restore it from the run store after a reload. */
export interface FeatureSavedState {
  readonly runId: string | null;
  readonly otherRunId: string | null;
}

/** Readings of all blocks in one buffer: each array at `offset`, in elements of 4 bytes, in the order of the table. */
export interface PackedReadings {
  readonly blocks: readonly (Omit<BlockReading, 'steps'> & { readonly stepCount: number })[];
  readonly bytes: ArrayBuffer;
}

export const featuresSnapshot = defineRequest<null, FeatureState>('features/snapshot');
export const featuresPixels = defineRequest<
  { runId: string },
  { width: number; height: number; rgb: ArrayBuffer }
>('features/pixels');
export const featuresReadings = defineRequest<{ runId: string }, PackedReadings>(
  'features/readings',
);
export const featuresSelect = defineRequest<{ feature: FeatureRef | null }, null>(
  'features/select',
);
export const featuresPin = defineRequest<{ feature: FeatureRef; isPinned: boolean }, null>(
  'features/pin',
);
/** Asks for a second picture among the kept runs; null ends the comparison. */
export const featuresCompare = defineRequest<{ isOn: boolean }, null>('features/compare');
export const featuresCopyText = defineRequest<{ text: string }, null>('features/copyText');
/** A save dialog for bytes that the panel made: a map as PNG, a table as CSV. */
export const featuresSaveFile = defineRequest<{ name: string; bytes: ArrayBuffer }, null>(
  'features/saveFile',
);
export const featuresGenerate = defineRequest<null, null>('features/generate');
export const featuresAct = defineRequest<{ action: ProblemAction | 'showLog' }, null>(
  'features/act',
);
export const featuresChanged = defineNotification<FeatureState>('features/changed');

const arrayNames = ['ids', 'values', 'norm', 'error', 'spread'] as const;

/** @returns one exact-size buffer for all arrays of all blocks and steps */
export function packReadings(readings: readonly BlockReading[]): PackedReadings {
  const arrays = readings.flatMap(({ steps }) =>
    steps.flatMap((step) => arrayNames.map((name) => step[name])),
  );
  const words = new Uint32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const array of arrays) {
    words.set(new Uint32Array(array.buffer, array.byteOffset, array.length), offset);
    offset += array.length;
  }
  const blocks = readings.map(({ steps, ...block }) => ({ ...block, stepCount: steps.length }));
  return { blocks, bytes: words.buffer };
}

/** @throws RangeError when the buffer is shorter than the table says */
export function unpackReadings({ blocks, bytes }: PackedReadings): BlockReading[] {
  let offset = 0;
  const take = (length: number): number => {
    const at = offset;
    offset += length * 4;
    return at;
  };
  return blocks.map(({ stepCount, ...block }) => {
    const cells = block.cellsHigh * block.cellsWide;
    const slots = cells * block.slotCount;
    const steps = Array.from({ length: stepCount }, (): StepReading => ({
      ids: new Int32Array(bytes, take(slots), slots),
      values: new Float32Array(bytes, take(slots), slots),
      norm: new Float32Array(bytes, take(cells), cells),
      error: new Float32Array(bytes, take(cells), cells),
      spread: new Float32Array(bytes, take(cells), cells),
    }));
    return { ...block, steps };
  });
}
