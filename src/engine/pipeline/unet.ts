import { modelError } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import { isHandle, type TensorRef } from '../../protocol/tensors.ts';
import type { Ort, OrtSession } from '../ort/ort.ts';
import type { Conditioning } from './conditioning.ts';
import { floatsOf, toTensor } from './feeds.ts';
import { tapFeeds } from '../onnx/tapFeeds.ts';
import type { UnetSessions } from './modelSessions.ts';
import type { RunMeter } from './runMeter.ts';
import { readingFetches, readTap, type TapReading } from './tapReadings.ts';

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
}

/** Predicts what the scheduler asks for (noise, velocity or picture). */
export interface Unet {
  predict(input: UnetInput, meter: RunMeter): Promise<UnetOutput>;
}

/**
 * A U-net as a chain of sessions: each is fed the whole graph's inputs and earlier sessions' outputs, by name. What
 * passes between them stays in the runner. One session that holds the whole graph is a chain as well. Taps are read
 * and left neutral: stages pass bit for bit.
 *
 * @throws `model` for an input that the pipeline does not know
 */
export function createUnetChain(ort: Ort, { sessions, taps }: UnetSessions): Unet {
  const readingNames = new Set(taps.flatMap((tap) => tap.outputs.map(({ name }) => name)));
  const final = finalOutput(sessions, readingNames);
  const fetches = Object.assign({}, ...taps.map(readingFetches)) as Fetches;
  const fetchOf = (name: string): 'value' | 'handle' | undefined => {
    if (name === final) return 'value';
    return readingNames.has(name) ? fetches[name] : 'handle';
  };
  return {
    predict: async (input, meter) => {
      const shape = { rows: input.conditioning.rowCount, cells: 1, readCodes: true };
      const values = new Map<string, TensorRef>(
        taps.flatMap((tap) => Object.entries(tapFeeds(tap, undefined, shape))),
      );
      const handles: number[] = [];
      const feedOf = (info: ValueInfo): TensorRef => {
        const value = values.get(info.name) ?? makeFeed(info, input);
        values.set(info.name, value);
        return value;
      };
      try {
        for (const session of sessions) {
          const outputs = await meter.run(
            session,
            Object.fromEntries(session.inputs.map((info) => [info.name, feedOf(info)])),
            fetchesOf(session, fetchOf),
          );
          for (const [name, value] of Object.entries(outputs)) {
            values.set(name, value);
            if (isHandle(value)) handles.push(value.handle);
          }
        }
        const prediction = floatsOf(Object.fromEntries(values), final).values;
        return { prediction, readings: taps.flatMap((tap) => readTap(tap, values) ?? []) };
      } finally {
        // Nobody waits for it: the next run may start meanwhile, and a runner that has gone holds nothing.
        ort.releaseTensors(handles).catch(() => undefined);
      }
    },
  };
}

type Fetches = Readonly<Record<string, 'value' | 'handle'>>;

function fetchesOf(
  session: OrtSession,
  fetchOf: (name: string) => 'value' | 'handle' | undefined,
): Fetches {
  const fetches: Record<string, 'value' | 'handle'> = {};
  for (const { name } of session.outputs) {
    const how = fetchOf(name);
    if (how) fetches[name] = how;
  }
  return fetches;
}

/** The one output that no later session takes and that is no reading. */
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
