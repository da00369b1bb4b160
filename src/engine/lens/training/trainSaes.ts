import { join } from 'node:path';
import { cancelled, invalidInput } from '../../../protocol/errors.ts';
import { type ExportFormat, exportSae } from '../../models/sae/exportSae.ts';
import { writeSae } from '../../models/sae/saeStore.ts';
import { BatchFeed } from './batchFeed.ts';
import { measureSae, type SaeQuality } from './measureSae.ts';
import { RateMeter } from './rateMeter.ts';
import { ResidentSae, type StepFigures, type TrainingOrt } from './residentSae.ts';
import type { SampleSource } from './sampleSource.ts';
import { shuffledBatches } from './shuffledBatches.ts';
import { startingPoint } from './startingPoint.ts';
import { trainedDefinition } from './trainedDefinition.ts';
import { checkTrainingOptions, type SaePlan, type TrainingOptions } from './trainingOptions.ts';
import {
  checkGoesOn,
  closeRecord,
  type CurvePoint,
  readCheckpoint,
  readTrainingRecord,
  sourceIds,
  type TrainingRecord,
  writeCheckpoint,
} from './trainingRecord.ts';

export type TrainingProgress =
  | { readonly phase: 'starting'; readonly sae: string }
  | {
      readonly phase: 'training';
      /** Steps made, and wanted. */
      readonly step: number;
      readonly stepCount: number;
      /** Over the last seconds; all SAEs see each sample. */
      readonly samplesPerSecond: number;
      /** At some steps: of this step's batch. */
      readonly point?: CurvePoint;
    }
  | { readonly phase: 'measuring' | 'saving'; readonly sae: string };

export interface TrainedSae {
  readonly name: string;
  /** With `sae.json` and its weights. */
  readonly folder: string;
  readonly quality: SaeQuality;
}

export interface TrainingResult {
  readonly saes: readonly TrainedSae[];
  readonly curve: readonly CurvePoint[];
}

/** Where a training works and what it leaves there. */
export interface TrainingPlace {
  /** One training's own: `training.json`, checkpoints, and a folder for each SAE. */
  readonly folder: string;
  /** Other programs' forms to write beside ours, into `<folder>/<sae>-<form>`. */
  readonly exports?: readonly ExportFormat[];
}

/** Progress that carries no figures is sent at most this often. */
const progressEveryMs = 100;

/**
 * Trains SAEs side by side; where the folder holds a checkpoint of the same training, it goes on from there, bit for bit
 * as if it had never stopped (at the same number of threads).
 *
 * A cancel ends after the step that is running, and leaves a checkpoint of it; so does closing the generator.
 *
 * @param sources by the names that the plans use
 * @throws `invalidInput` for options out of range, samples that do not fit, and a loss that is no longer a number;
 *   `cancelled`; `closed` and `outOfMemory` when the runner ends, the last checkpoint stays
 */
export async function* trainSaes(
  options: TrainingOptions,
  sources: ReadonlyMap<string, SampleSource>,
  { folder, exports = [] }: TrainingPlace,
  ort: TrainingOrt,
  signal: AbortSignal,
): AsyncGenerator<TrainingProgress, TrainingResult> {
  checkTrainingOptions(options);
  const used = usedSources(options, sources);
  const standing = {
    ...{ options, sources: sourceIds(used) },
    curve: [] as CurvePoint[],
  };
  const record = await readTrainingRecord(folder);
  if (record) checkGoesOn(record, options, standing.sources);
  standing.curve.push(...(record?.curve ?? []));
  const { batchSize, seed, stepCount, threadCount } = options;
  const saes = new Map<SaePlan, ResidentSae>();
  const feeds = new Map<string, BatchFeed>();
  const open = (name: string, skip: number): BatchFeed => {
    const source = used.get(name)!;
    const batches = shuffledBatches(source, { batchSize, seed, skip });
    return new BatchFeed(ort, batches, batchSize, source.dModel);
  };
  let step = record?.step ?? 0;
  let savedStep = step;
  /** All SAEs have made `step` steps, and their losses are numbers. */
  let isWhole = true;
  try {
    for (const plan of options.saes) {
      yield { phase: 'starting', sae: plan.name };
      const source = used.get(plan.source)!;
      saes.set(plan, await startOne(ort, plan, options, source, { folder, record, signal }));
    }
    for (const name of used.keys()) feeds.set(name, open(name, step));
    const rate = new RateMeter();
    let shownMs = -Infinity;
    while (step < stepCount) {
      if (signal.aborted) break;
      step++;
      const isLast = step === stepCount;
      const isCheckpoint = isLast || step % options.checkpointEvery === 0;
      const isMeasured = isCheckpoint || step % options.figuresEvery === 0;
      isWhole = false;
      const figures = await stepAll(ort, saes, feeds, isMeasured);
      rate.add(batchSize);
      const point = isMeasured ? { step, saes: figures } : undefined;
      if (point) standing.curve.push(checkedPoint(point));
      isWhole = true;
      if (isCheckpoint) {
        await writeCheckpoint(folder, standing, saes);
        savedStep = step;
      }
      if (point || performance.now() - shownMs > progressEveryMs) {
        shownMs = performance.now();
        const samplesPerSecond = rate.perSecond();
        const shown = { phase: 'training' as const, step, stepCount, samplesPerSecond };
        yield point ? { ...shown, point } : shown;
      }
    }
    if (signal.aborted) throw cancelled();
    await closeAll(feeds);

    const trained: TrainedSae[] = [];
    for (const [plan, sae] of saes) {
      yield { phase: 'measuring', sae: plan.name };
      const feed = open(plan.source, 0);
      feeds.set(plan.source, feed);
      const batches = firstBatches(ort, feed, evaluationBatches(options, used.get(plan.source)!));
      const shape = { ...plan, batchSize };
      const measured = await measureSae(ort, sae, shape, batches, { threadCount, signal });
      await closeAll(feeds);
      yield { phase: 'saving', sae: plan.name };
      const definition = await trainedDefinition(sae, plan, options, measured);
      for (const form of exports) {
        await exportSae(join(folder, `${plan.name}-${form}`), definition, form);
      }
      const saeFolder = join(folder, plan.name);
      await writeSae(saeFolder, definition, 'float32');
      trained.push({ name: plan.name, folder: saeFolder, quality: measured.quality });
    }
    const results = Object.fromEntries(trained.map(({ name, quality }) => [name, quality]));
    await closeRecord(folder, standing, results);
    return { saes: trained, curve: standing.curve };
  } finally {
    // Also where whoever asks for progress has left.
    if (isWhole && step > savedStep) await writeCheckpoint(folder, standing, saes);
    await closeAll(feeds);
    for (const sae of saes.values()) await sae.release().catch(() => undefined);
  }
}

function usedSources(
  { saes, batchSize }: TrainingOptions,
  sources: ReadonlyMap<string, SampleSource>,
): Map<string, SampleSource> {
  const used = new Map<string, SampleSource>();
  for (const { name, source: wanted, dModel } of saes) {
    const source = sources.get(wanted);
    if (!source) {
      const known = [...sources.keys()].join(', ');
      throw invalidInput(`${name} learns from "${wanted}"; there is only ${known}.`);
    }
    if (source.dModel !== dModel) {
      throw invalidInput(
        `${name} has dModel ${String(dModel)}; the samples of "${wanted}" have ${String(source.dModel)} values.`,
      );
    }
    const count = source.groupCount * source.groupSize;
    if (count < batchSize) {
      throw invalidInput(
        `"${wanted}" has ${String(count)} samples; batchSize is ${String(batchSize)}.`,
      );
    }
    used.set(wanted, source);
  }
  return used;
}

interface Beginning {
  readonly folder: string;
  readonly record: TrainingRecord | undefined;
  readonly signal: AbortSignal;
}

async function startOne(
  ort: TrainingOrt,
  plan: SaePlan,
  options: TrainingOptions,
  source: SampleSource,
  { folder, record, signal }: Beginning,
): Promise<ResidentSae> {
  const { batchSize, threadCount } = options;
  const { values, scalars } = record
    ? await readCheckpoint(folder, record, plan)
    : await startingPoint(ort, plan, options, source, signal);
  const shape = { ...plan, batchSize };
  return ResidentSae.start(ort, shape, values, scalars, { threadCount, signal });
}

/** One step of every SAE, each source's batch shared by those that learn from it. */
async function stepAll(
  ort: TrainingOrt,
  saes: ReadonlyMap<SaePlan, ResidentSae>,
  feeds: ReadonlyMap<string, BatchFeed>,
  isMeasured: boolean,
): Promise<Record<string, StepFigures>> {
  const figures: Record<string, StepFigures> = {};
  for (const [name, feed] of feeds) {
    const x = await feed.next();
    for (const [plan, sae] of saes) {
      if (plan.source !== name) continue;
      const measured = await sae.step(x, isMeasured);
      if (measured) figures[plan.name] = measured;
    }
    await ort.releaseTensors([x.handle]);
  }
  return figures;
}

function checkedPoint(point: CurvePoint): CurvePoint {
  for (const [name, { loss }] of Object.entries(point.saes)) {
    if (Number.isFinite(loss)) continue;
    throw invalidInput(
      `The loss of ${name} is ${String(loss)} at step ${String(point.step)}: the samples hold values that are not finite, or the learning rate is too high.`,
    );
  }
  return point;
}

const evaluationBatches = (
  { batchSize, evaluationSamples }: TrainingOptions,
  { groupCount, groupSize }: SampleSource,
): number =>
  Math.max(1, Math.floor(Math.min(evaluationSamples, groupCount * groupSize) / batchSize));

async function* firstBatches(ort: TrainingOrt, feed: BatchFeed, count: number) {
  for (let i = 0; i < count; i++) {
    const batch = await feed.next();
    yield batch;
    await ort.releaseTensors([batch.handle]);
  }
}

async function closeAll(feeds: Map<string, BatchFeed>): Promise<void> {
  for (const feed of feeds.values()) await feed.close();
  feeds.clear();
}
