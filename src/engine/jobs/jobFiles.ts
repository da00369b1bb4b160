import { mkdirSync } from 'node:fs';
import { appendFile, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../files/writeWhole.ts';
import * as z from 'zod';
import { FeaturescopeError, invalidInput } from '../../protocol/errors.ts';
import { type JobProgress, jobStates, type JobResult, type JobState } from '../../protocol/jobs.ts';
import type { LogLevel } from '../../protocol/log.ts';
import type { ErrorData } from '../../protocol/errors.ts';
import { fileError } from '../store/fileError.ts';
import { type FileLock, takeFileLock } from '../store/fileLock.ts';

/** A job as it is kept: `<storage>/jobs/<jobId>/job.json`. */
export interface JobRecord {
  readonly version: 1;
  readonly jobId: string;
  readonly kind: string;
  readonly title: string;
  readonly params: unknown;
  readonly state: JobState;
  readonly createdAt: string;
  readonly endedAt?: string | undefined;
  readonly progress?: JobProgress | undefined;
  readonly error?: ErrorData | undefined;
  readonly result?: JobResult | undefined;
}

const optionalNumber = z.number().optional();
const errorCodes = [
  'cancelled',
  'closed',
  'protocol',
  'invalidInput',
  'model',
  'outOfMemory',
  'internal',
] as const satisfies readonly ErrorData['code'][];

const schema: z.ZodType<JobRecord> = z.object({
  version: z.literal(1),
  jobId: z.string(),
  kind: z.string(),
  title: z.string(),
  params: z.unknown(),
  state: z.enum(jobStates),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  progress: z
    .object({
      phase: z.string(),
      doneCount: optionalNumber,
      totalCount: optionalNumber,
      unit: z.string().optional(),
      ratePerSecond: optionalNumber,
      secondsLeft: optionalNumber,
    })
    .optional(),
  error: z
    .object({ code: z.enum(errorCodes), message: z.string(), detail: z.string() })
    .partial({ detail: true })
    .transform(({ detail, ...rest }) => ({ ...rest, ...(detail === undefined ? {} : { detail }) }))
    .optional(),
  result: z.object({ summary: z.string(), path: z.string().optional() }).optional(),
});

const recordName = 'job.json';
const logName = 'log.txt';
const lockName = '.lock';
const logTailBytes = 2 ** 16;

/** The files of all jobs of one storage folder, which several engines may share. */
export class JobFiles {
  readonly #dir: string;

  /** @param storageDir absolute */
  constructor(storageDir: string) {
    this.#dir = join(storageDir, 'jobs');
  }

  /** Job ids come from panels: one that is not of our shape never becomes a path. */
  dirOf(jobId: string): string {
    if (!/^job-[\w-]+$/.test(jobId)) throw invalidInput(`"${jobId}" is not a job id.`);
    return join(this.#dir, jobId);
  }

  /** Jobs whose records can be read, newest first. */
  async readAll(): Promise<JobRecord[]> {
    const names = await readdir(this.#dir).catch(() => []);
    const jobIds = names.filter((name) => /^job-[\w-]+$/.test(name));
    const records = await Promise.all(jobIds.map((jobId) => this.read(jobId)));
    return records
      .filter((record) => record !== undefined)
      .sort((a, b) => (a.jobId < b.jobId ? 1 : -1));
  }

  /** Undefined for a job that is not there, or that a crash left without a record. */
  async read(jobId: string): Promise<JobRecord | undefined> {
    try {
      const text = await readFile(join(this.dirOf(jobId), recordName), 'utf8');
      const { data } = schema.safeParse(JSON.parse(text));
      return data?.jobId === jobId ? data : undefined;
    } catch (error) {
      if (error instanceof FeaturescopeError) throw error;
      return undefined;
    }
  }

  /** @throws `invalidInput` naming path and cause */
  async write(record: JobRecord): Promise<void> {
    const path = join(this.dirOf(record.jobId), recordName);
    try {
      await writeWhole(path, `${JSON.stringify(record, null, 2)}\n`);
    } catch (error) {
      throw fileError(error, 'Cannot write', path);
    }
  }

  /**
   * Takes a job for this process; its folder is made when it is new.
   *
   * @returns undefined while another process has it
   */
  lock(jobId: string): FileLock | undefined {
    const dir = this.dirOf(jobId);
    try {
      mkdirSync(dir, { recursive: true });
    } catch (error) {
      throw fileError(error, 'Cannot create the folder', dir);
    }
    return takeFileLock(join(dir, lockName));
  }

  /** A log that cannot be written must not end a job. */
  async appendLog(jobId: string, level: LogLevel, text: string): Promise<void> {
    const line = `${new Date().toISOString()} ${level} ${text}\n`;
    await appendFile(join(this.dirOf(jobId), logName), line).catch(() => undefined);
  }

  async readLog(jobId: string): Promise<{ lines: readonly string[]; path: string }> {
    const path = join(this.dirOf(jobId), logName);
    const file = await open(path, 'r').catch(() => undefined);
    if (!file) return { lines: [], path };
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - logTailBytes);
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(logTailBytes),
        0,
        logTailBytes,
        from,
      );
      const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
      if (from > 0) lines.shift();
      return { lines: lines.filter((line) => line !== ''), path };
    } finally {
      await file.close();
    }
  }

  async remove(jobId: string): Promise<void> {
    await rm(this.dirOf(jobId), { recursive: true, force: true });
  }
}
