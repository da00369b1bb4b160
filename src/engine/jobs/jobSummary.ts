import type { JobSummary } from '../../protocol/jobs.ts';
import type { JobRecord } from './jobFiles.ts';

/** What is told of a job. @param isElsewhere another engine has it */
export function summaryOf(record: JobRecord, isElsewhere: boolean): JobSummary {
  const { jobId, kind, title, state, createdAt, endedAt, progress, error, result } = record;
  return {
    ...{ jobId, kind, title, state, isElsewhere, createdAt },
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(progress === undefined ? {} : { progress }),
    ...(error === undefined ? {} : { error }),
    ...(result === undefined ? {} : { result }),
  };
}
