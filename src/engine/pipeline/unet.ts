import { modelError } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import type { TensorRef } from '../../protocol/tensors.ts';
import type { Ort, OrtSession } from '../ort/ort.ts';
import type { Conditioning } from './conditioning.ts';
import { floatsOf, toTensor } from './feeds.ts';
import { tapFeeds } from '../onnx/tapFeeds.ts';
import type { UnetSessions } from './modelSessions.ts';
import type { RunMeter } from './runMeter.ts';
import { readStages, type StageSample, type StageWatch, watchedNames } from './stageSamples.ts';
import { readingNames, readTap, type TapReading } from './tapReadings.ts';

/** Latents of one picture. */
export interface LatentShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface UnetInput {
  /** The same for every row of the batch. */
  readonly sample: Float32Array; // [channels, height, width]
  readonly shape: LatentShape;
  readonly timestep: number;
  readonly conditioning: Conditioning;
}

export interface UnetOutput {
  readonly prediction: Float32Array; // [rows, channels, height, width]
  /** Of each tap with an SAE, in the order in which the stages run. */
  readonly readings: readonly TapReading[];
  /** Of the stages that are watched. */
  readonly stages: readonly StageSample[];
}

/** Predicts what the scheduler asks for (noise, velocity or picture). */
export interface Unet {
  predict(input: UnetInput, meter: RunMeter): Promise<UnetOutput>;
}

const watchNothing: StageWatch = { updates: [], outputs: [], readCodes: true };

/**
 * A U-net in one or several sessions, run as one. Taps are read and left neutral: stages pass bit for bit.
 *
 * @throws `model` for an input that the pipeline does not know
 */
export function createUnet(
  ort: Ort,
  { sessions, taps }: UnetSessions,
  watch: StageWatch = watchNothing,
): Unet {
  const session = ort.chain(sessions);
  const readings = new Set(taps.flatMap((tap) => tap.outputs.map(({ name }) => name)));
  const final = finalOutput(sessions, readings);
  const read = watch.readCodes ? taps.flatMap(readingNames) : [];
  const fetches = Object.fromEntries(
    [final, ...read, ...watchedNames(taps, watch)].map((name) => [name, 'value' as const]),
  );
  return {
    predict: async (input, meter) => {
      const shape = { rows: input.conditioning.rowCount, cells: 1, readCodes: watch.readCodes };
      const tapInputs = Object.assign(
        {},
        ...taps.map((tap) => tapFeeds(tap, undefined, shape)),
      ) as Readonly<Record<string, TensorRef>>;
      const feeds = Object.fromEntries(
        session.inputs.map((info) => [info.name, tapInputs[info.name] ?? makeFeed(info, input)]),
      );
      const outputs = await meter.run(session, feeds, fetches);
      return {
        prediction: floatsOf(outputs, final).values,
        readings: watch.readCodes
          ? taps.flatMap((tap) => readTap(tap, outputs, input.shape) ?? [])
          : [],
        stages: readStages(taps, watch, outputs),
      };
    },
  };
}

/** The one output that no session takes and that is no reading. */
function finalOutput(sessions: readonly OrtSession[], readings: ReadonlySet<string>): string {
  const taken = new Set(sessions.flatMap(({ inputs }) => inputs.map(({ name }) => name)));
  const left = sessions
    .flatMap(({ outputs }) => outputs.map(({ name }) => name))
    .filter((name) => !taken.has(name) && !readings.has(name));
  const [final, ...others] = left;
  if (final !== undefined && others.length === 0) return final;
  throw modelError(`The U-net should have one output; it has ${left.join(', ') || 'none'}.`);
}

function makeFeed(
  info: ValueInfo,
  { sample, shape, timestep, conditioning }: UnetInput,
): TensorRef {
  const rows = conditioning.rowCount;
  switch (info.name) {
    case 'sample':
      return toTensor(
        info,
        [rows, shape.channels, shape.height, shape.width],
        repeat(sample, rows),
      );
    case 'timestep':
      // A scalar, or in some exports a vector of one.
      return toTensor(info, info.dims.length === 0 ? [] : [1], [timestep]);
    case 'encoder_hidden_states':
      return toTensor(
        info,
        [rows, conditioning.positionCount, conditioning.width],
        conditioning.hiddenStates,
      );
    case 'text_embeds':
      return toTensor(info, [rows, conditioning.pooled.length / rows], conditioning.pooled);
    case 'time_ids':
      return toTensor(info, [rows, conditioning.timeIds.length / rows], conditioning.timeIds);
    default:
      throw modelError(`The U-net's graph wants the input "${info.name}", which is not known.`);
  }
}

function repeat(values: Float32Array, count: number): Float32Array {
  if (count === 1) return values;
  const all = new Float32Array(values.length * count);
  for (let row = 0; row < count; row++) all.set(values, row * values.length);
  return all;
}
