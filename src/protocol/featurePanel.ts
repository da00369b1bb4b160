import type { BlockReading, StepReading } from './features.ts';
import type { RunManifest } from './manifest.ts';
import { defineNotification, defineRequest } from './request.ts';
import type { Problem, ProblemAction } from './resultPanel.ts';
import type { UnetPart } from './unetParts.ts';

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
  /** The step that tree and panel are about, counted from 0. */
  readonly stepIndex: number;
  /** What the panel shall scroll to: a block, or the U-net's schematic. `count` tells one wish from the next. */
  readonly lookAt: { readonly target: string; readonly count: number } | null;
  readonly problem: Problem | null;
}

/** What the panel keeps with `setState`: enough for the host to restore it from the run store after a reload. */
export interface FeatureSavedState {
  readonly runId: string | null;
  readonly otherRunId: string | null;
}

/** The name of the schematic among what can be looked at. */
export const unetTarget = 'unet';

/** A block's reading with the mean of each feature's active activations, the unit of strengths, where it is known. */
export interface ReadBlock extends BlockReading {
  readonly featureMean?: Float32Array; // [nFeatures]
}

/** Readings of all blocks in one buffer: each array at `offset`, in elements of 4 bytes, in the order of the table. */
export interface PackedReadings {
  readonly blocks: readonly (Omit<BlockReading, 'steps'> & {
    readonly stepCount: number;
    readonly hasMean: boolean;
  })[];
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
/** The step that is looked at was chosen. */
export const featuresStep = defineRequest<{ stepIndex: number }, null>('features/step');
/** The named layers of the current model's U-net. */
export const featuresUnet = defineRequest<null, readonly UnetPart[]>('features/unet');
export const featuresAct = defineRequest<{ action: ProblemAction | 'showLog' }, null>(
  'features/act',
);
export const featuresChanged = defineNotification<FeatureState>('features/changed');

const arrayNames = ['ids', 'values', 'norm', 'error', 'spread'] as const;

/**
 * @param means by hash of the SAE
 * @returns one exact-size buffer for all arrays of all blocks and steps
 */
export function packReadings(
  readings: readonly BlockReading[],
  means: ReadonlyMap<string, Float32Array> = new Map(),
): PackedReadings {
  const meanOf = ({ saeSha256, nFeatures }: BlockReading): Float32Array | undefined => {
    const mean = means.get(saeSha256);
    return mean?.length === nFeatures ? mean : undefined;
  };
  const arrays = readings.flatMap((reading) => [
    ...reading.steps.flatMap((step) => arrayNames.map((name) => step[name])),
    ...[meanOf(reading)].filter((mean) => mean !== undefined),
  ]);
  const words = new Uint32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const array of arrays) {
    words.set(new Uint32Array(array.buffer, array.byteOffset, array.length), offset);
    offset += array.length;
  }
  const blocks = readings.map((reading) => {
    const { steps, ...block } = reading;
    return { ...block, stepCount: steps.length, hasMean: meanOf(reading) !== undefined };
  });
  return { blocks, bytes: words.buffer };
}

/** @throws RangeError when the buffer is shorter than the table says */
export function unpackReadings({ blocks, bytes }: PackedReadings): ReadBlock[] {
  let offset = 0;
  const take = (length: number): number => {
    const at = offset;
    offset += length * 4;
    return at;
  };
  return blocks.map(({ stepCount, hasMean, ...block }) => {
    const cells = block.cellsHigh * block.cellsWide;
    const slots = cells * block.slotCount;
    const steps = Array.from({ length: stepCount }, (): StepReading => ({
      ids: new Int32Array(bytes, take(slots), slots),
      values: new Float32Array(bytes, take(slots), slots),
      norm: new Float32Array(bytes, take(cells), cells),
      error: new Float32Array(bytes, take(cells), cells),
      spread: new Float32Array(bytes, take(cells), cells),
    }));
    const { nFeatures } = block;
    const means = hasMean
      ? { featureMean: new Float32Array(bytes, take(nFeatures), nFeatures) }
      : {};
    return { ...block, steps, ...means };
  });
}

/** `data-vscode-context` of a feature: the host's menu commands get it as their argument. */
export interface FeatureContext extends FeatureRef {
  readonly webviewSection: 'feature';
  readonly isPinned: boolean;
  readonly preventDefaultContextMenuItems: true;
}
