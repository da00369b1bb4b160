import type { JobState, JobSummary } from '../../protocol/jobs.ts';
import { jobProgressText, jobShareText } from '../../protocol/jobWords.ts';

const states: Readonly<Record<JobState, string>> = {
  queued: 'waiting',
  running: 'running',
  paused: 'paused',
  interrupted: 'interrupted',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const jobStateText = ({ state, isElsewhere }: JobSummary): string =>
  isElsewhere ? `${states[state]} in another window` : states[state];

/** What stands beside a job's title: what a running job does, how another one stands. */
export function jobDescription(job: JobSummary): string {
  const { state, progress, result, error } = job;
  if (state === 'done') return result?.summary ?? states.done;
  if (state === 'failed') return `failed: ${error?.message ?? ''}`;
  if (state === 'running' && !job.isElsewhere) {
    return progress ? jobShareText(progress) : 'starting';
  }
  const counts = countsOf(job);
  return counts === '' ? jobStateText(job) : `${jobStateText(job)}, ${counts}`;
}

/** "12 of 500 pictures" */
function countsOf({ progress }: JobSummary): string {
  if (progress?.doneCount === undefined) return '';
  const { doneCount, totalCount, unit = '' } = progress;
  const of = totalCount === undefined ? '' : ` of ${totalCount.toLocaleString('en')}`;
  return `${doneCount.toLocaleString('en')}${of} ${unit}`.trim();
}

export function jobTooltip(job: JobSummary, locale?: string): string {
  const time = (iso: string): string => new Date(iso).toLocaleString(locale);
  return [
    job.title,
    job.state === 'running' && job.progress ? jobProgressText(job.progress) : jobDescription(job),
    `Started ${time(job.createdAt)}`,
    ...(job.endedAt === undefined ? [] : [`Ended ${time(job.endedAt)}`]),
    ...(job.result?.path === undefined ? [] : [job.result.path]),
    ...(job.state === 'interrupted' ? ['Resume goes on where it stopped.'] : []),
  ].join('\n');
}
