import { createEngine, type Engine } from '../engine/engine.ts';
import { cancelled, FeaturescopeError } from '../protocol/errors.ts';
import type { JobProgress, JobResult, JobSummary } from '../protocol/jobs.ts';
import { jobProgressText } from '../protocol/jobWords.ts';
import type { CommandContext } from './pictureRun.ts';
import { machineSettings, storageDir } from './storageDir.ts';
import { tellFallback } from './tellFallback.ts';

type Listener = (jobs: readonly JobSummary[]) => void;

/** What the engine says of its jobs, whenever one has moved on. */
export interface JobUpdates {
  listen(listener: Listener): void;
}

/** Starts an engine with its jobs and ends it; what then still runs can be resumed. */
export async function withJobs(
  { packageDir }: CommandContext,
  threadCount: number,
  use: (engine: Engine, updates: JobUpdates) => Promise<void>,
): Promise<void> {
  const listeners: Listener[] = [];
  const engine = createEngine(
    { extensionDir: packageDir, storageDir: storageDir(), ...machineSettings(), threadCount },
    {
      onProviderFailed: tellFallback,
      onLog: ({ level, room, text }) => {
        const isNews = level === 'error' || (level === 'warn' && room.startsWith('job'));
        if (isNews) process.stderr.write(`\r\u001b[2K${text}\n`);
      },
      onJobsChanged: (jobs) => {
        for (const listener of listeners) listener(jobs);
      },
    },
  );
  try {
    await use(engine, { listen: (listener) => listeners.push(listener) });
  } finally {
    await engine.stop();
  }
}

/**
 * Shows a job's progress on standard error until it has ended.
 *
 * @throws what it failed with; `cancelled` when the signal aborts: the job is then left interrupted
 */
export async function followJob(
  jobId: string,
  signal: AbortSignal,
  updates: JobUpdates,
): Promise<JobResult> {
  const isTerminal = process.stderr.isTTY;
  let last = '';
  const show = (progress: JobProgress): void => {
    const text = jobProgressText(progress);
    // Elsewhere than on a terminal a line is for good: one each per cent.
    const key = isTerminal ? text : percentOf(progress);
    if (key === last) return;
    last = key;
    process.stderr.write(isTerminal ? `\r\u001b[2K${text}` : `${text}\n`);
  };
  // Once the job's own processes have gone, nothing else would keep this one alive until it hears the result.
  const alive = setInterval(() => undefined, 60_000);
  try {
    return await new Promise<JobResult>((resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(cancelled());
      });
      updates.listen((jobs) => {
        const job = jobs.find((one) => one.jobId === jobId);
        if (job?.progress) show(job.progress);
        if (job?.result) resolve(job.result);
        else if (job?.error) reject(FeaturescopeError.fromData(job.error));
        else if (job?.state === 'cancelled' || job?.state === 'interrupted') reject(cancelled());
      });
    });
  } finally {
    clearInterval(alive);
    if (isTerminal) process.stderr.write('\r\u001b[2K');
  }
}

const percentOf = ({ phase, doneCount = 0, totalCount = 1 }: JobProgress): string =>
  `${phase} ${String(Math.floor((100 * doneCount) / totalCount))}`;
