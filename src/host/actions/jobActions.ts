import { commands, Uri, window, workspace } from 'vscode';
import {
  cancelJob,
  type JobSummary,
  pauseJob,
  readJobLog,
  removeJob,
  resumeJob,
} from '../../protocol/jobs.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { Caller } from '../../protocol/request.ts';
import type { JobList } from '../jobs/jobList.ts';
import { jobDescription } from '../jobs/jobWords.ts';
import { isJobNode } from '../trees/jobsTree.ts';

const canPause = ({ state, isElsewhere }: JobSummary): boolean =>
  !isElsewhere && (state === 'running' || state === 'queued');
const canResume = ({ state, isElsewhere }: JobSummary): boolean =>
  !isElsewhere && ['paused', 'interrupted', 'failed', 'cancelled'].includes(state);
const canCancel = ({ state, isElsewhere }: JobSummary): boolean =>
  !isElsewhere && ['running', 'queued', 'paused', 'interrupted'].includes(state);
const hasEnded = ({ state }: JobSummary): boolean =>
  ['done', 'failed', 'cancelled', 'interrupted'].includes(state);

/** What can be done with jobs. Without a target they ask which job is meant. */
export class JobActions {
  readonly #engine: Caller;
  readonly #list: JobList;

  constructor(engine: Caller, list: JobList) {
    this.#engine = engine;
    this.#list = list;
  }

  async pause(target: unknown): Promise<void> {
    const job = await this.#jobOf(target, 'Pause Job', canPause);
    if (job) await this.#engine.request(pauseJob, { jobId: job.jobId });
    await this.#list.reload();
  }

  async resume(target: unknown): Promise<void> {
    const job = await this.#jobOf(target, 'Resume Job', canResume);
    if (job) await this.#engine.request(resumeJob, { jobId: job.jobId });
    await this.#list.reload();
  }

  /** Nothing is lost: what was made stays, and the job can be resumed. So it does not ask. */
  async cancel(target: unknown): Promise<void> {
    const job = await this.#jobOf(target, 'Cancel Job', canCancel);
    if (job) await this.#engine.request(cancelJob, { jobId: job.jobId });
    await this.#list.reload();
  }

  async remove(target: unknown): Promise<void> {
    const job = await this.#jobOf(target, 'Remove Job from List', hasEnded);
    if (job) await this.#engine.request(removeJob, { jobId: job.jobId });
    await this.#list.reload();
  }

  async showLog(target: unknown): Promise<void> {
    const job = await this.#jobOf(target, 'Show Job Log', () => true);
    if (!job) return;
    const { lines, path } = await this.#engine.request(readJobLog, { jobId: job.jobId });
    if (lines.length === 0) throw invalidInput(`"${job.title}" has logged nothing yet.`);
    await window.showTextDocument(await workspace.openTextDocument(Uri.file(path)));
  }

  async reveal(target: unknown): Promise<void> {
    const hasPath = ({ result }: JobSummary): boolean => result?.path !== undefined;
    const job = await this.#jobOf(target, 'Reveal Result', hasPath);
    if (job?.result?.path === undefined) return;
    await commands.executeCommand('revealFileInOS', Uri.file(job.result.path));
  }

  async #jobOf(
    target: unknown,
    title: string,
    fits: (job: JobSummary) => boolean,
  ): Promise<JobSummary | undefined> {
    if (isJobNode(target)) return target.job;
    await this.#list.reload();
    const items = this.#list.jobs
      .filter(fits)
      .map((job) => ({ job, label: job.title, description: jobDescription(job) }));
    const placeHolder = items.length > 0 ? 'Which job?' : 'There is no job for this.';
    return (await window.showQuickPick(items, { title, placeHolder }))?.job;
  }
}
