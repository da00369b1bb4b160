import type { Command } from 'commander';
import {
  cancelJob,
  type JobSummary,
  listJobs,
  readJobLog,
  removeJob,
  resumeJob,
} from '../protocol/jobs.ts';
import { jobProgressText } from '../protocol/jobWords.ts';
import { followJob, withJobs } from './jobRun.ts';
import { number } from './number.ts';
import type { CommandContext } from './pictureRun.ts';

/** `featurescope jobs list`: what this storage folder's jobs do; a job that runs elsewhere is controlled there. */
export function addJobsCommand(program: Command, context: CommandContext): void {
  const jobs = program.command('jobs').description('long work: what runs, what was interrupted');
  const id = '<id>';

  jobs
    .command('list', { isDefault: true })
    .description('all jobs, newest first')
    .option('--json', 'print one JSON object on standard output', false)
    .action(({ json }: { json: boolean }) =>
      withJobs(context, 0, async (engine) => {
        const found = await engine.request(listJobs, null);
        process.stdout.write(json ? `${JSON.stringify(found)}\n` : tableOf(found.jobs));
      }),
    );
  jobs
    .command('resume')
    .argument(id)
    .description('go on with a job that was interrupted, has failed or was cancelled')
    .option('--threads <number>', 'threads inside an operator; 0 = automatic', number('threads'), 0)
    .action((jobId: string, { threads }: { threads: number }) =>
      withJobs(context, threads, async (engine, updates) => {
        const ended = followJob(jobId, context.signal, updates);
        // It may fail before it can be waited for.
        ended.catch(() => undefined);
        await engine.request(resumeJob, { jobId });
        const { summary, path } = await ended;
        process.stdout.write(`${path ?? summary}\n`);
      }),
    );
  jobs
    .command('log')
    .argument(id)
    .description("the last lines of a job's log")
    .action((jobId: string) =>
      withJobs(context, 0, async (engine) => {
        const { lines } = await engine.request(readJobLog, { jobId });
        process.stdout.write(lines.map((line) => `${line}\n`).join(''));
      }),
    );
  jobs
    .command('cancel')
    .argument(id)
    .description('give up a job that was interrupted; what it has written stays')
    .action((jobId: string) =>
      withJobs(context, 0, async (engine) => {
        await engine.request(cancelJob, { jobId });
      }),
    );
  jobs
    .command('remove')
    .argument(id)
    .description('take a job that has ended off the list; what it has written stays')
    .action((jobId: string) =>
      withJobs(context, 0, async (engine) => {
        await engine.request(removeJob, { jobId });
      }),
    );
}

function tableOf(jobs: readonly JobSummary[]): string {
  if (jobs.length === 0) return 'There are no jobs.\n';
  return jobs
    .map(({ jobId, state, isElsewhere, title, progress, error, result }) => {
      const words = isElsewhere ? `${state} elsewhere` : state;
      const what =
        result?.summary ?? error?.message ?? (progress ? jobProgressText(progress) : undefined);
      return `${jobId}  ${words.padEnd(12)}  ${title}${what === undefined ? '' : `: ${what}`}\n`;
    })
    .join('');
}
