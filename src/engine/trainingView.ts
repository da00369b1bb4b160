import { isAbsolute, join } from 'node:path';
import { invalidInput } from '../protocol/errors.ts';
import { type TrainingSet, type TrainingView, trainKind } from '../protocol/training.ts';
import type { JobQueue } from './jobs/jobQueue.ts';
import { openCollectedSet, readManifest } from './lens/collected/collectedSet.ts';
import { readCurveFile } from './lens/training/curveFile.ts';
import { readTrainingRecord } from './lens/training/trainingRecord.ts';
import { readSaeManifest } from './models/sae/saeStore.ts';
import { checkTrainParams } from './trainJob.ts';

/** As many as a chart can show apart. */
const pointsMax = 500;

/** @throws `invalidInput`, `model` */
export async function describeSet(setDir: string): Promise<TrainingSet> {
  if (!isAbsolute(setDir)) throw invalidInput(`"${setDir}" must be an absolute path.`);
  const { manifest, pictureCount } = await openCollectedSet(setDir);
  const blocks = manifest.blocks.map(({ block, dModel }) => ({ block, dModel }));
  return { pictureCount, blocks, steps: manifest.steps };
}

/**
 * How the training of a job goes, from the files of the job; once it is over, with what it made.
 *
 * @throws `invalidInput`, `model`
 */
export async function viewOfTraining(
  jobs: JobQueue,
  jobId: string,
  embeddedId: () => Promise<string>,
): Promise<TrainingView> {
  const { params, dir: jobDir, state } = await jobs.assignment(jobId, trainKind);
  const { setDir, dir } = checkTrainParams(params);
  const curve = await readCurveFile(jobDir, pointsMax);
  const { plan = null, points = [], pointCount = 0 } = curve ?? {};
  const record = state === 'done' ? await readTrainingRecord(dir) : undefined;
  const trained: TrainingView['trained'][number][] = [];
  for (const { name, block } of plan?.saes ?? []) {
    const quality = record?.quality?.[name];
    if (!quality) continue;
    const folder = join(dir, name);
    // The person may have moved it.
    const manifest = await readSaeManifest(folder).catch(() => undefined);
    if (!manifest) continue;
    const { explainedVariance } = quality;
    trained.push({ name, block, folder, sha256: manifest.weights.sha256, explainedVariance });
  }
  const isEmbedded = (await readManifest(setDir))?.model.id === (await embeddedId());
  return { isEmbedded, setDir, dir, plan, points, pointCount, trained };
}
