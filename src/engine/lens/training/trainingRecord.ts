import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { invalidInput, modelError } from '../../../protocol/errors.ts';
import { openSafetensors } from '../../models/safetensors.ts';
import { streamSafetensors } from '../../models/safetensorsStream.ts';
import { readFloat32 } from '../../models/sae/storedTensor.ts';
import { writeWhole } from '../../files/writeWhole.ts';
import type { ResidentSae, StepFigures } from './residentSae.ts';
import type { SaeQuality } from './measureSae.ts';
import type { SampleSource } from './sampleSource.ts';
import type { SaePlan, TrainingOptions } from './trainingOptions.ts';
import { type StateValues, stateShapes, type TrainingScalars } from './trainingState.ts';

const recordName = 'training.json';
/** Some 100,000 points of ten SAEs. */
const recordBytesMax = 2 ** 29;

/** Figures of all SAEs at a step, by name. */
export interface CurvePoint {
  /** Steps made. */
  readonly step: number;
  readonly saes: Readonly<Record<string, StepFigures>>;
}

const number = z.number();
const figures = z.strictObject({
  ...{ loss: number, auxLoss: number, explainedVariance: number, l0: number, deadCount: number },
});
const quality = z.strictObject({
  ...{ explainedVariance: number, r2: number, l0: number, deadCount: number, sampleCount: number },
});
const schema = z.strictObject({
  version: z.literal(1),
  /** As they were given; compared, never used. */
  options: z.record(z.string(), z.unknown()),
  sources: z.record(z.string(), z.string()),
  step: z.int().nonnegative(),
  saes: z.record(
    z.string(),
    z.strictObject({ lossScale: number, threshold: number.optional(), file: z.string() }),
  ),
  curve: z.array(z.strictObject({ step: z.int().positive(), saes: z.record(z.string(), figures) })),
  /** Once the training is over; its checkpoint is gone then. */
  quality: z.record(z.string(), quality).optional(),
});

/** `training.json`: how far a training is, and where its state lies. It is written last, so what it names is there. */
export type TrainingRecord = z.infer<typeof schema>;

/**
 * @returns undefined when no training began in the folder
 * @throws `model` for a record that is not one
 */
export async function readTrainingRecord(folder: string): Promise<TrainingRecord | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, recordName), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw modelError(`${recordName} cannot be read: ${String(error)}`, { cause: error });
  }
  if (text.length > recordBytesMax) throw modelError(`${recordName} is larger than 512 MiB.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw modelError(`${recordName} is not JSON.`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') ?? '';
    throw modelError(`${recordName} is not valid at "${where}": ${issue?.message ?? ''}.`);
  }
  return parsed.data;
}

/** What may change when a training goes on; all else would make it another training. */
const changeable: ReadonlySet<string> = new Set<keyof TrainingOptions>([
  ...([
    'stepCount',
    'figuresEvery',
    'checkpointEvery',
    'evaluationSamples',
    'threadCount',
  ] as const),
]);

/** What a record keeps of the samples, by name. */
export const sourceIds = (sources: ReadonlyMap<string, SampleSource>): Record<string, string> =>
  Object.fromEntries([...sources].map(([name, { id }]) => [name, id]));

/** @throws `invalidInput` when the folder holds a training with other options or samples, or one that is over */
export function checkGoesOn(
  record: TrainingRecord,
  options: TrainingOptions,
  sources: Readonly<Record<string, string>>,
): void {
  if (record.quality !== undefined) {
    throw invalidInput('The training in this folder is finished; choose another folder.');
  }
  const given = asJson({ ...options });
  for (const name of new Set([...Object.keys(record.options), ...Object.keys(given)])) {
    if (changeable.has(name) || isEqual(record.options[name], given[name])) continue;
    throw invalidInput(
      `The folder holds a training with other options (${name}); choose another folder, or the same options.`,
    );
  }
  if (!isEqual(record.sources, sources)) {
    throw invalidInput('The folder holds a training on other samples; choose another folder.');
  }
  if (options.stepCount < record.step) {
    throw invalidInput(
      `stepCount is ${String(options.stepCount)}; this training has made ${String(record.step)} steps already.`,
    );
  }
}

const asJson = (value: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

/** Objects with the same entries in any order. */
function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length && keys.every((key) => isEqual(left[key], right[key]))
  );
}

interface Standing {
  readonly options: TrainingOptions;
  readonly sources: Readonly<Record<string, string>>;
  readonly curve: readonly CurvePoint[];
}

/**
 * Writes all that is needed to go on bit for bit: first the tensors beside those of the last checkpoint, then the record
 * that names them. Killed at any moment, the folder holds the old checkpoint or the new one.
 */
export async function writeCheckpoint(
  folder: string,
  { options, sources, curve }: Standing,
  saes: ReadonlyMap<SaePlan, ResidentSae>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const entries: TrainingRecord['saes'] = {};
  let steps = 0;
  for (const [plan, sae] of saes) {
    const { step, lossScale, threshold } = sae.scalars;
    steps = step;
    const file = `checkpoint-${String(step)}-${plan.name}.safetensors`;
    const tensors = [...stateShapes(plan)].map(([name, shape]) => ({
      ...{ name, shape },
      read: () => sae.read(name),
    }));
    await streamSafetensors(join(folder, file), tensors);
    entries[plan.name] = { lossScale, file, ...(threshold === undefined ? {} : { threshold }) };
  }
  await writeRecord(folder, {
    ...{ version: 1, options: asJson(options), sources: { ...sources }, step: steps },
    ...{ saes: entries, curve: [...curve] },
  });
  await removeCheckpoints(folder, new Set(Object.values(entries).map(({ file }) => file)));
}

/** The training is over: the record keeps curve and quality, the checkpoint goes. */
export async function closeRecord(
  folder: string,
  { options, sources, curve }: Standing,
  results: Readonly<Record<string, SaeQuality>>,
): Promise<void> {
  await writeRecord(folder, {
    ...{ version: 1, options: asJson(options), sources: { ...sources } },
    ...{ step: options.stepCount, saes: {}, curve: [...curve], quality: { ...results } },
  });
  await removeCheckpoints(folder, new Set());
}

const writeRecord = (folder: string, record: TrainingRecord): Promise<void> =>
  writeWhole(join(folder, recordName), `${JSON.stringify(record)}\n`);

async function removeCheckpoints(folder: string, kept: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(folder)) {
    if (/^checkpoint-\d+-.*\.safetensors(\.partial)?$/.test(name) && !kept.has(name)) {
      await rm(join(folder, name), { force: true });
    }
  }
}

/** @throws `model` when the checkpoint is not that of this SAE */
export async function readCheckpoint(
  folder: string,
  record: TrainingRecord,
  plan: SaePlan,
): Promise<{ readonly values: StateValues; readonly scalars: TrainingScalars }> {
  const entry = record.saes[plan.name];
  const file = `checkpoint-${String(record.step)}-${plan.name}.safetensors`;
  if (entry?.file !== file) throw modelError(`${recordName} names no checkpoint of ${plan.name}.`);
  const opened = await openSafetensors(join(folder, file)).catch((error: unknown) => {
    throw modelError(`${file} cannot be read: ${String(error)}`, { cause: error });
  });
  try {
    const values = new Map<string, Float32Array>();
    for (const [name, shape] of stateShapes(plan)) {
      const tensor = opened.tensors.get(name);
      if (tensor?.shape.join() !== shape.join()) {
        throw modelError(`${file} has no tensor "${name}" [${shape.join(', ')}].`);
      }
      values.set(name, await readFloat32(tensor));
    }
    const { lossScale, threshold } = entry;
    return { values, scalars: { step: record.step, lossScale, threshold } };
  } finally {
    await opened.close();
  }
}
