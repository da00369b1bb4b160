import type { TorchGenerator } from '../../numerics/random.ts';
import type { Picture, Truncation } from '../../protocol/engine.ts';
import type { BlockReading } from '../../protocol/features.ts';
import type { TensorHandle } from '../../protocol/tensors.ts';
import type { PictureRequest } from './checkRequest.ts';
import { type SegmentState, stateBytes } from './segmentState.ts';
import type { TapReading } from './tapReadings.ts';
import type { TapRows } from './tapRows.ts';
import type { Unet } from './unet.ts';

/** One step of an unedited run. */
export interface BaseStep {
  readonly latentsBefore: Float32Array; // [channels, height, width]
  /** As it was before the step. */
  readonly generator: TorchGenerator;
  /** Of the conditional row. */
  readonly readings: readonly TapReading[];
  /** Of every tap and row, in the order in which the stages run. */
  readonly rows: readonly TapRows[];
}

/** An unedited picture with all that its edited ones reuse. */
export interface BaseRun {
  readonly request: PictureRequest;
  readonly steps: readonly BaseStep[];
  readonly latents: Float32Array; // [channels, height, width], after the last step
  readonly picture: Picture;
  readonly truncations: readonly Truncation[];
  readonly readings: readonly BlockReading[];
  readonly timingsMs: Readonly<Record<string, number>>;
  readonly unetMs: number;
  readonly runMs: number;
  /** Stages whose whole updates are in `steps`. */
  readonly updatesOf: ReadonlySet<string>;
}

/** States of a base run in the runner, by step. */
export class KeptStates {
  readonly unet: Unet;
  readonly #states: SegmentState[][] = [];

  constructor(unet: Unet) {
    this.unet = unet;
  }

  isOf(unet: Unet): boolean {
    return this.unet === unet && unet.sessions.every(({ isAlive }) => isAlive);
  }

  add(stepIndex: number, states: readonly SegmentState[]): void {
    (this.#states[stepIndex] ??= []).push(...states);
  }

  /** The furthest state of a step that is not behind a segment. */
  best(stepIndex: number, segment: number): SegmentState | undefined {
    return (this.#states[stepIndex] ?? [])
      .filter(({ index }) => index <= segment)
      .sort((a, b) => b.index - a.index)[0];
  }

  /** Each once: states of one step share what crosses several segments. */
  handles(): readonly TensorHandle[] {
    const all = this.#states.flat().flatMap(({ handles }) => Object.values(handles));
    return [...new Map(all.map((tensor) => [tensor.handle, tensor])).values()];
  }

  sizeBytes(): number {
    return stateBytes(this.handles());
  }
}

/** Memory that a base run takes in the engine. */
export function baseBytes({ steps, latents, picture }: BaseRun): number {
  const stepBytes = steps.map(({ latentsBefore, rows }) =>
    rows.reduce(
      (sum, { norm, codes, update }) =>
        sum +
        norm.byteLength +
        (codes ? 2 * (codes.ids.byteLength + codes.values.byteLength) : 0) +
        (update?.byteLength ?? 0),
      latentsBefore.byteLength,
    ),
  );
  return stepBytes.reduce((sum, size) => sum + size, latents.byteLength + picture.rgb.byteLength);
}
