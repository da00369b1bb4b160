import { randomBytes } from 'node:crypto';
import { FeaturescopeError, invalidInput } from '../../protocol/errors.ts';
import type { JobProgress, JobResult, JobState, JobStep, JobSummary } from '../../protocol/jobs.ts';
import type { LogRecord } from '../../protocol/log.ts';
import type { FileLock } from '../store/fileLock.ts';
import { JobFiles, type JobRecord } from './jobFiles.ts';
import { JobGate } from './jobGate.ts';
import type { JobContext, JobKind } from './jobKind.ts';
import { JobRate } from './jobRate.ts';
import { summaryOf } from './jobSummary.ts';

export interface JobQueuePorts {
  readonly storageDir: string;
  /** Waits for a job's turn at the runner and does one run. */
  readonly takeTurn: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  readonly onLog: (record: LogRecord) => void;
  /** Jobs changed; called at most four times a second. */
  readonly onChange: () => void;
  readonly now?: () => number;
}

/** A job that this engine has: waiting, running or paused. */
interface LiveJob {
  record: JobRecord;
  readonly lock: FileLock;
  readonly controller: AbortController;
  readonly gate: JobGate;
  readonly rate: JobRate;
  /** Since it has started; settles when it has ended, and never rejects. */
  work: Promise<void> | undefined;
  /** What a cancelled signal means for it. */
  stoppedAs: 'cancelled' | 'interrupted';
  savedAtMs: number;
}

/** A kind whose types are known only to itself. */
interface AnyKind {
  check(params: unknown): unknown;
  titleOf(params: unknown): string;
  run(params: unknown, context: JobContext): AsyncGenerator<JobStep, JobResult>;
}

const changeIntervalMs = 250;
const saveIntervalMs = 5000;
/** Other engines tell nobody here of their jobs: the list is read again while there are any. */
const elsewhereIntervalMs = 1000;
/** Jobs that have ended and stay on the list. */
const endedCountMax = 100;

const hasEnded = (state: JobState): boolean => !['queued', 'running', 'paused'].includes(state);

/**
 * Long work, one job at a time, in the order of its arrival. Every job is a folder below `<storage>/jobs`: after a
 * crash or a restart it is listed as interrupted and goes on when it is resumed.
 */
export class JobQueue {
  readonly #ports: JobQueuePorts;
  readonly #files: JobFiles;
  readonly #now: () => number;
  readonly #kinds = new Map<string, AnyKind>();
  /** In the order in which they wait. */
  readonly #live = new Map<string, LiveJob>();
  #changeTimer: NodeJS.Timeout | undefined;
  #changeAtMs = 0;
  #isStopped = false;

  constructor(ports: JobQueuePorts) {
    this.#ports = ports;
    this.#files = new JobFiles(ports.storageDir);
    this.#now = ports.now ?? (() => performance.now());
  }

  register<Params, Progress extends { readonly phase: string }>(
    kind: JobKind<Params, Progress>,
  ): void {
    if (this.#kinds.has(kind.kind)) throw new Error(`Two job kinds named ${kind.kind}`);
    this.#kinds.set(kind.kind, {
      check: kind.check,
      titleOf: (params) => kind.titleOf(params as Params),
      run: async function* (params, context) {
        const steps = kind.run(params as Params, context);
        let isDone = false;
        try {
          for (;;) {
            const step = await steps.next();
            isDone = step.done === true;
            if (step.done) return step.value;
            yield kind.describe(step.value);
          }
        } finally {
          if (!isDone) await steps.return(undefined as never);
        }
      },
    });
  }

  /** Newest first; jobs of other engines on the same storage too. */
  async list(): Promise<readonly JobSummary[]> {
    const records = await this.#files.readAll();
    const jobs = await Promise.all(records.map((record) => this.#look(record)));
    const isFollowed = !this.#isStopped && jobs.some(({ isElsewhere }) => isElsewhere);
    if (isFollowed) this.#changed(elsewhereIntervalMs);
    return jobs;
  }

  async #look(kept: JobRecord): Promise<JobSummary> {
    const own = this.#live.get(kept.jobId);
    if (own) return summaryOf(own.record, false);
    if (hasEnded(kept.state)) return summaryOf(kept, false);
    const lock = this.#files.lock(kept.jobId);
    if (!lock) return summaryOf(kept, true);
    try {
      // It may have ended since it was read; with the lock nobody changes it any more.
      const now = (await this.#files.read(kept.jobId)) ?? kept;
      if (hasEnded(now.state)) return summaryOf(now, false);
      const record = { ...now, state: 'interrupted' as const };
      await this.#files.write(record);
      return summaryOf(record, false);
    } finally {
      lock.release();
    }
  }

  /** @throws `invalidInput` for a kind or params that are not known */
  async start(kindName: string, rawParams: unknown): Promise<string> {
    this.#throwIfStopped();
    const kind = this.#kindOf(kindName);
    const params = kind.check(rawParams);
    const createdAt = new Date().toISOString();
    const jobId = `job-${createdAt.replace(/\D/g, '')}-${randomBytes(3).toString('hex')}`;
    const title = kind.titleOf(params);
    const record = { version: 1 as const, jobId, kind: kindName, title, params, createdAt };
    await this.#enqueue({ ...record, state: 'queued' });
    void this.#prune();
    return jobId;
  }

  async pause(jobId: string): Promise<void> {
    const job = this.#ownJob(jobId);
    if (job.record.state === 'paused') return;
    job.gate.close();
    await this.#set(job, { state: 'paused' });
    this.#log(job, 'info', 'paused');
    this.#startNext();
  }

  /** @throws `invalidInput` for a job that is done, unknown, or another engine's */
  async resume(jobId: string): Promise<void> {
    this.#throwIfStopped();
    const own = this.#live.get(jobId);
    if (own) {
      if (own.record.state !== 'paused') return;
      // To the end of the line.
      this.#live.delete(jobId);
      this.#live.set(jobId, own);
      await this.#set(own, { state: 'queued' });
      this.#startNext();
      return;
    }
    const record = await this.#read(jobId);
    if (record.state === 'done') throw invalidInput(`"${record.title}" is done.`);
    this.#kindOf(record.kind);
    await this.#enqueue({ ...record, state: 'queued', error: undefined, endedAt: undefined });
  }

  /** Resolves when its work has stopped. */
  async cancel(jobId: string): Promise<void> {
    const own = this.#live.get(jobId);
    if (own) {
      await this.#stop(own, 'cancelled');
      return;
    }
    const record = await this.#read(jobId);
    if (record.state === 'done' || record.state === 'cancelled') return;
    const lock = this.#files.lock(jobId);
    if (!lock) throw elsewhere(record);
    try {
      await this.#files.write({ ...record, state: 'cancelled' });
    } finally {
      lock.release();
    }
    this.#changed();
  }

  /** @throws `invalidInput` for a job that has not ended */
  async remove(jobId: string): Promise<void> {
    if (this.#live.has(jobId)) throw invalidInput('The job has not ended; cancel it first.');
    const record = await this.#read(jobId);
    const lock = this.#files.lock(jobId);
    if (!lock) throw elsewhere(record);
    lock.release();
    await this.#files.remove(jobId);
    this.#changed();
  }

  async readLog(jobId: string): Promise<{ lines: readonly string[]; path: string }> {
    await this.#read(jobId);
    return this.#files.readLog(jobId);
  }

  /** What a job was asked to do, and its own folder. @throws `invalidInput` for a job of another kind */
  async assignment(
    jobId: string,
    kind: string,
  ): Promise<{ readonly params: unknown; readonly dir: string; readonly state: JobState }> {
    const record = await this.#read(jobId);
    if (record.kind !== kind) {
      throw invalidInput(`"${record.title}" is a job "${record.kind}", not "${kind}".`);
    }
    return { params: record.params, dir: this.#files.dirOf(jobId), state: record.state };
  }

  /** The engine ends: what is not done can be resumed later. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#live.values()].map((job) => this.#stop(job, 'interrupted')));
    clearTimeout(this.#changeTimer);
  }

  async #enqueue(record: JobRecord): Promise<void> {
    const lock = this.#files.lock(record.jobId);
    if (!lock) throw elsewhere(record);
    if ((await this.#files.read(record.jobId))?.state === 'done') {
      lock.release();
      throw invalidInput(`"${record.title}" is done.`);
    }
    const job: LiveJob = {
      record,
      lock,
      controller: new AbortController(),
      gate: new JobGate(),
      rate: new JobRate(this.#now),
      work: undefined,
      stoppedAs: 'cancelled',
      savedAtMs: this.#now(),
    };
    this.#live.set(record.jobId, job);
    try {
      await this.#set(job, {});
    } catch (error) {
      this.#live.delete(record.jobId);
      lock.release();
      throw error;
    }
    this.#startNext();
  }

  /** One job works at a time; a paused one makes room for the next. */
  #startNext(): void {
    if (this.#isStopped) return;
    const jobs = [...this.#live.values()];
    if (jobs.some(({ record }) => record.state === 'running')) return;
    const next = jobs.find(({ record }) => record.state === 'queued');
    if (!next) return;
    next.record = { ...next.record, state: 'running' };
    next.rate.restart();
    next.gate.open();
    this.#log(next, 'info', next.work ? 'goes on' : 'starts');
    next.work ??= this.#drive(next);
    void this.#set(next, {}).catch(() => undefined);
  }

  async #drive(job: LiveJob): Promise<void> {
    const { jobId, kind, params } = job.record;
    const { signal } = job.controller;
    let outcome: Partial<JobRecord>;
    try {
      const steps = this.#kindOf(kind).run(params, {
        signal,
        takeTurn: async (work) => {
          await job.gate.pass(signal);
          return this.#ports.takeTurn(work, signal);
        },
        dir: this.#files.dirOf(jobId),
        log: (level, text) => {
          this.#log(job, level, text);
        },
      });
      outcome = { state: 'done', error: undefined, result: await this.#follow(job, steps) };
    } catch (thrown) {
      const error = FeaturescopeError.from(thrown);
      outcome = signal.aborted
        ? { state: job.stoppedAs }
        : { state: 'failed', error: error.toData() };
      if (!signal.aborted) {
        this.#log(job, 'error', [error.message, error.detail].filter(Boolean).join('\n'));
      }
    }
    await this.#end(job, outcome);
  }

  async #follow(job: LiveJob, steps: AsyncGenerator<JobStep, JobResult>): Promise<JobResult> {
    const { signal } = job.controller;
    let isDone = false;
    try {
      for (;;) {
        await job.gate.pass(signal);
        const step = await steps.next();
        isDone = step.done === true;
        if (step.done) return step.value;
        this.#report(job, job.rate.measure(step.value));
      }
    } finally {
      // Lets the job put away what it holds.
      if (!isDone) await steps.return(undefined as never).catch(() => undefined);
    }
  }

  #report(job: LiveJob, progress: JobProgress): void {
    job.record = { ...job.record, progress };
    if (this.#now() - job.savedAtMs > saveIntervalMs) {
      void this.#set(job, {}).catch(() => undefined);
    }
    this.#changed();
  }

  async #stop(job: LiveJob, as: LiveJob['stoppedAs']): Promise<void> {
    job.stoppedAs = as;
    job.controller.abort();
    if (job.work) await job.work;
    else await this.#end(job, { state: as });
  }

  async #end(job: LiveJob, outcome: Partial<JobRecord>): Promise<void> {
    const { jobId } = job.record;
    const state = outcome.state ?? 'failed';
    this.#log(job, 'info', outcome.result ? `${state}: ${outcome.result.summary}` : state);
    const ended = state === 'interrupted' ? {} : { endedAt: new Date().toISOString() };
    await this.#set(job, { ...outcome, ...ended }).catch((error: unknown) => {
      this.#ports.onLog({ level: 'error', room: 'jobs', text: String(error) });
    });
    this.#live.delete(jobId);
    job.lock.release();
    this.#changed();
    this.#startNext();
  }

  async #set(job: LiveJob, change: Partial<JobRecord>): Promise<void> {
    job.record = { ...job.record, ...change };
    job.savedAtMs = this.#now();
    this.#changed();
    await this.#files.write(job.record);
  }

  #log(job: LiveJob, level: LogRecord['level'], text: string): void {
    void this.#files.appendLog(job.record.jobId, level, text);
    this.#ports.onLog({ level, room: `job ${job.record.kind}`, text });
  }

  #changed(afterMs = changeIntervalMs): void {
    const atMs = this.#now() + afterMs;
    if (this.#changeTimer && this.#changeAtMs <= atMs) return;
    clearTimeout(this.#changeTimer);
    this.#changeAtMs = atMs;
    this.#changeTimer = setTimeout(() => {
      this.#changeTimer = undefined;
      this.#ports.onChange();
    }, afterMs);
    this.#changeTimer.unref();
  }

  /** The oldest of the jobs that have ended go. */
  async #prune(): Promise<void> {
    const records = await this.#files.readAll();
    const gone = records.filter(({ state }) => state === 'done' || state === 'cancelled');
    for (const { jobId } of gone.slice(endedCountMax)) await this.#files.remove(jobId);
  }

  #kindOf(kind: string): AnyKind {
    const found = this.#kinds.get(kind);
    if (found) return found;
    const known = [...this.#kinds.keys()].join(', ');
    throw invalidInput(`There is no kind of job named "${kind}"; there are ${known}.`);
  }

  #ownJob(jobId: string): LiveJob {
    const job = this.#live.get(jobId);
    if (job) return job;
    throw invalidInput('The job is not running in this window.');
  }

  async #read(jobId: string): Promise<JobRecord> {
    const record = this.#live.get(jobId)?.record ?? (await this.#files.read(jobId));
    if (record) return record;
    throw invalidInput(`There is no job "${jobId}"; it may have been removed.`);
  }

  #throwIfStopped(): void {
    if (this.#isStopped) throw new FeaturescopeError('closed', 'The engine is ending.');
  }
}

const elsewhere = ({ title }: JobRecord): FeaturescopeError =>
  invalidInput(`"${title}" belongs to another window or a command line; control it there.`);
