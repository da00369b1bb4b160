import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { type JobSummary, listJobs } from '../../src/protocol/jobs.ts';
import type { Caller } from '../../src/protocol/request.ts';

/** Waits until a job is done. @throws with the job's error when it failed, or with its state when it stopped */
export async function jobEnd(engine: Caller, jobId: string): Promise<JobSummary> {
  for (;;) {
    const { jobs } = await engine.request(listJobs, null);
    const job = jobs.find((one) => one.jobId === jobId);
    if (job?.state === 'done') return job;
    if (job?.error) throw FeaturescopeError.fromData(job.error);
    if (job?.state !== 'queued' && job?.state !== 'running') {
      throw new Error(`The job ${jobId} is ${job?.state ?? 'gone'}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** Every file of a collected set but its lock, as base64, by `/` and its name inside. */
export const collectedFiles = (dir: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== '.lock')
      .map((entry): [string, string] => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(dir.length).replaceAll('\\', '/'), readFileSync(path, 'base64')];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
