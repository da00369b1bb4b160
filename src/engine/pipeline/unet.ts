import { modelError } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import { isHandle, type TensorHandle, type TensorRef } from '../../protocol/tensors.ts';
import type { TapEdit } from '../onnx/tapEdit.ts';
import { tapFeeds, unlikeDefault } from '../onnx/tapFeeds.ts';
import { portName } from '../onnx/tapPorts.ts';
import type { Ort, OrtSession } from '../ort/ort.ts';
import { type Conditioning, rowsOf } from './conditioning.ts';
import { floatsOf, toTensor } from './feeds.ts';
import type { UnetSessions } from './modelSessions.ts';
import type { RunMeter } from './runMeter.ts';
import { crossingNames, type SegmentState } from './segmentState.ts';
import { readStages, type StageSample, type StageWatch, watchedNames } from './stageSamples.ts';
import { readingNames, readTap, type TapReading } from './tapReadings.ts';
import { readRows, rowNames, type TapRows } from './tapRows.ts';

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

/** What a run does beside predicting; nothing of it without this. */
export interface UnetOptions {
  /** By stage name; a stage that is not named passes bit for bit. */
  readonly edits?: ReadonlyMap<string, TapEdit> | undefined;
  /** Cells of each stage by name: for edits with a weight per cell. */
  readonly cellCounts?: ReadonlyMap<string, number> | undefined;
  /** Starts in the middle; readings of the taps before it are then not made. */
  readonly start?: SegmentState | undefined;
  /** Segments at whose beginning the state is kept: later runs can start there. */
  readonly keepAt?: readonly number[] | undefined;
  /** Readings of every row, with the whole update of the stages named. */
  readonly rowsWithUpdateOf?: ReadonlySet<string> | undefined;
  /** Stages that are given out; not together with `start`. */
  readonly watch?: StageWatch | undefined;
}

const watchNothing: StageWatch = { updates: [], outputs: [], readCodes: true };

export interface UnetOutput {
  readonly prediction: Float32Array; // [rows, channels, height, width]
  /** Of each tap with an SAE that the run got to, in the order in which the stages run. */
  readonly readings: readonly TapReading[];
  /** Of every tap that the run got to, when asked for. */
  readonly rows: readonly TapRows[];
  /** Of the stages that are watched. */
  readonly stages: readonly StageSample[];
  readonly kept: readonly SegmentState[];
}

/** Predicts what the scheduler asks for (noise, velocity or picture). */
export interface Unet {
  readonly sessions: readonly OrtSession[];
  /** The segment in which each stage's tap runs, by stage name. */
  readonly segmentOf: ReadonlyMap<string, number>;
  predict(input: UnetInput, meter: RunMeter, options?: UnetOptions): Promise<UnetOutput>;
}

/**
 * A U-net in one or several sessions, run as one.
 *
 * @throws `model` for an input that the pipeline does not know
 */
export function createUnet(
  ort: Ort,
  { sessions, taps }: UnetSessions,
  { hasRowsApart = false } = {},
): Unet {
  const whole = ort.chain(sessions);
  const hasDefaults = whole.inputs.some(({ isOptional }) => isOptional);
  const tapOutputs = new Set(taps.flatMap((tap) => tap.outputs.map(({ name }) => name)));
  const final = finalOutput(sessions, tapOutputs);
  const segmentOf = new Map(
    taps.map(({ stage: { name } }) => [
      name,
      sessions.findIndex(({ inputs }) =>
        inputs.some((input) => input.name === portName(name, 'edit')),
      ),
    ]),
  );

  async function predict(
    input: UnetInput,
    meter: RunMeter,
    options: UnetOptions = {},
  ): Promise<UnetOutput> {
    const { edits, cellCounts, start, keepAt = [], rowsWithUpdateOf } = options;
    const { watch = watchNothing } = options;
    const first = start?.index ?? 0;
    const session = first === 0 ? whole : ort.chain(sessions.slice(first));
    const reached = taps.filter(({ stage }) => (segmentOf.get(stage.name) ?? 0) >= first);
    const tapInputs = Object.assign(
      {},
      ...reached.map((tap) => {
        const { name } = tap.stage;
        const edit = edits?.get(name);
        if (!edit && hasDefaults) return unlikeDefault(tap, watch.readCodes);
        const shape = {
          rows: input.conditioning.rowCount,
          cells: cellCounts?.get(name) ?? 1,
          readCodes: watch.readCodes,
        };
        return tapFeeds(tap, edit, shape);
      }),
    ) as Readonly<Record<string, TensorRef>>;
    const feeds = Object.fromEntries(
      session.inputs.flatMap((info) => {
        const given = start?.handles[info.name] ?? tapInputs[info.name];
        if (!given && info.isOptional) return [];
        return [[info.name, given ?? makeFeed(info, input)]];
      }),
    );
    const crossing = keepAt.map((index) => ({ index, names: crossingNames(sessions, index) }));
    const made = new Set(session.outputs.map(({ name }) => name));
    const values = [
      final,
      ...reached.flatMap((tap) => [
        ...(watch.readCodes ? readingNames(tap) : []),
        ...(rowsWithUpdateOf ? rowNames(tap, rowsWithUpdateOf.has(tap.stage.name)) : []),
      ]),
      ...watchedNames(taps, watch),
    ];
    const handles = crossing.flatMap(({ names }) => names).filter((name) => made.has(name));
    const outputs = await meter.run(
      session,
      feeds,
      Object.fromEntries([
        ...handles.map((name) => [name, 'handle'] as const),
        ...values.map((name) => [name, 'value'] as const),
      ]),
    );
    const state = (names: readonly string[]): Readonly<Record<string, TensorHandle>> =>
      Object.fromEntries(
        names.flatMap((name) => {
          const tensor = outputs[name] ?? start?.handles[name];
          return tensor && isHandle(tensor) ? [[name, tensor]] : [];
        }),
      );
    return {
      prediction: floatsOf(outputs, final).values,
      readings: watch.readCodes
        ? reached.flatMap((tap) => readTap(tap, outputs, input.shape) ?? [])
        : [],
      rows: rowsWithUpdateOf
        ? reached.flatMap((tap) => readRows(tap, outputs, input.shape) ?? [])
        : [],
      stages: readStages(taps, watch, outputs),
      kept: crossing.map(({ index, names }) => ({ index, handles: state(names) })),
    };
  }

  /** A graph that was exported for one row takes no other number of them. */
  const isOneRow = whole.inputs.some(({ name, dims }) => name === 'sample' && dims[0] === 1);

  /** Row after row: half the memory, and the sums of the same numbers. */
  async function predictApart(
    input: UnetInput,
    meter: RunMeter,
    options: UnetOptions,
  ): Promise<UnetOutput> {
    const rows = rowsOf(input.conditioning);
    const outputs: UnetOutput[] = [];
    for (const conditioning of rows) {
      outputs.push(await predict({ ...input, conditioning }, meter, options));
    }
    const last = outputs.at(-1);
    if (!last) throw modelError('The U-net was given no row.');
    const size = last.prediction.length;
    const prediction = new Float32Array(rows.length * size);
    outputs.forEach((output, row) => {
      prediction.set(output.prediction, row * size);
    });
    return { ...last, prediction };
  }

  return {
    sessions,
    segmentOf,
    predict: (input, meter, options = {}) => {
      const { edits, start, keepAt = [], rowsWithUpdateOf } = options;
      const isPlain = !edits && !start && keepAt.length === 0 && !rowsWithUpdateOf;
      if (input.conditioning.rowCount === 1 || !(hasRowsApart || isOneRow)) {
        return predict(input, meter, options);
      }
      if (isPlain) return predictApart(input, meter, options);
      if (!isOneRow) return predict(input, meter, options);
      throw modelError(
        'The U-net was exported for one row, and editing with guidance needs two: export it with a dynamic batch, or set guidance to 0.',
      );
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
