import { join } from 'node:path';
import { describePrompts, planCollect } from '../protocol/collect.ts';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import {
  cancelJob,
  listJobs,
  pauseJob,
  readJobLog,
  removeJob,
  resumeJob,
  startJob,
} from '../protocol/jobs.ts';
import { describeTrainingSet, planTraining, readTraining } from '../protocol/training.ts';
import { checkCollectParams, settle } from './collectJob.ts';
import type { JobQueue } from './jobs/jobQueue.ts';
import { planCollection } from './lens/collected/planCollection.ts';
import { openGrammar } from './lens/prompts/grammarSource.ts';
import { describePromptFile } from './lens/prompts/promptFile.ts';
import { grammarFileName } from './lens/prompts/promptGrammar.ts';
import { hasModelFile } from './models/modelFiles.ts';
import type { Models } from './models.ts';
import { describeSet, viewOfTraining } from './trainingView.ts';
import { planOfTraining } from './trainJob.ts';

/** Requests about jobs, and what is asked before one starts. */
export function registerJobHandlers(
  dispatcher: Dispatcher,
  {
    jobs,
    models,
    extensionDir,
  }: { readonly jobs: JobQueue; readonly models: Models; readonly extensionDir: string },
): void {
  dispatcher.handle(listJobs, async () => ({ jobs: await jobs.list() }));
  dispatcher.handle(startJob, async ({ kind, params }) => ({
    jobId: await jobs.start(kind, params),
  }));
  dispatcher.handle(pauseJob, async ({ jobId }) => {
    await jobs.pause(jobId);
    return null;
  });
  dispatcher.handle(resumeJob, async ({ jobId }) => {
    await jobs.resume(jobId);
    return null;
  });
  dispatcher.handle(cancelJob, async ({ jobId }) => {
    await jobs.cancel(jobId);
    return null;
  });
  dispatcher.handle(removeJob, async ({ jobId }) => {
    await jobs.remove(jobId);
    return null;
  });
  dispatcher.handle(readJobLog, ({ jobId }) => jobs.readLog(jobId));

  dispatcher.handle(planCollect, async (params, { signal }) => {
    const checked = checkCollectParams(params);
    const { facts, source } = await settle(checked, models, signal);
    return planCollection(checked.dir, facts, source);
  });
  dispatcher.handle(planTraining, (params) => planOfTraining(params));
  dispatcher.handle(describeTrainingSet, ({ setDir }) => describeSet(setDir));
  dispatcher.handle(readTraining, ({ jobId }) =>
    viewOfTraining(
      jobs,
      jobId,
      async () => (await models.describe(join(extensionDir, 'models', 'mini'))).id,
    ),
  );
  dispatcher.handle(describePrompts, async (params) => {
    if ('file' in params) {
      const { columns } = await describePromptFile(params.file);
      return { grammarTitle: null, columns };
    }
    if (!(await hasModelFile(params.modelDir, grammarFileName))) {
      return { grammarTitle: null, columns: [] };
    }
    const { title } = await openGrammar(join(params.modelDir, grammarFileName), 0);
    return { grammarTitle: title, columns: [] };
  });
}
