import { window } from 'vscode';
import { invalidInput } from '../../protocol/errors.ts';
import { type BuildIndexParams, indexKind } from '../../protocol/indexes.ts';
import { type JobSummary, startJob } from '../../protocol/jobs.ts';
import type { Caller } from '../../protocol/request.ts';
import { chooseSae, listSaes, type SaeEntry } from '../../protocol/saes.ts';
import { readTraining, trainKind, type TrainingView } from '../../protocol/training.ts';
import type { JobList } from '../jobs/jobList.ts';
import { jobDescription } from '../jobs/jobWords.ts';
import { isJobNode } from '../trees/jobsTree.ts';

export interface TrainedActionsPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  readonly list: JobList;
  /** Imports the SAE of a folder and makes its report. */
  readonly importSae: (folder: string) => Promise<void>;
  readonly showReport: (saeId: string) => void;
  readonly showTraining: (jobId: string) => void;
  readonly showJobs: () => Promise<void>;
}

type TrainedSae = TrainingView['trained'][number];

const useLabel = 'Use It…';
const indexLabel = 'Index It…';
const showLabel = 'Show Training';

/** What can be done with a training that runs or is over. Without a target they ask which one is meant. */
export class TrainedActions {
  readonly #ports: TrainedActionsPorts;

  constructor(ports: TrainedActionsPorts) {
    this.#ports = ports;
  }

  async show(target: unknown): Promise<void> {
    const jobId = await this.#jobOf(target, 'Show Training', () => true);
    if (jobId !== undefined) this.#ports.showTraining(jobId);
  }

  /** One SAE into the library; it ends with the report on it. */
  async use(target: unknown): Promise<void> {
    const chosen = await this.#pickTrained(target, 'Use Trained SAE');
    if (chosen) await this.#takeIntoUse(chosen.sae);
  }

  /** What is indexed is the SAE that its block uses, so the trained one is taken into use first. */
  async index(target: unknown): Promise<void> {
    const { engine, model, showJobs } = this.#ports;
    const chosen = await this.#pickTrained(target, 'Index Trained SAE');
    if (!chosen) return;
    const { sae, setDir } = chosen;
    if (!(await this.#imported(sae))?.activeBecause) await this.#takeIntoUse(sae);
    // The person may have given up.
    if (!(await this.#imported(sae))?.activeBecause) return;
    const params: BuildIndexParams = { modelDir: model.dir, setDir, blocks: [sae.block] };
    await engine.request(startJob, { kind: indexKind, params });
    await showJobs();
  }

  /** A training of this window is over. */
  async offer({ jobId, title, result }: JobSummary): Promise<void> {
    const text = `${title}: ${result?.summary ?? 'done'}.`;
    const pressed = await window.showInformationMessage(text, useLabel, indexLabel, showLabel);
    if (pressed === useLabel) await this.use({ jobId });
    if (pressed === indexLabel) await this.index({ jobId });
    if (pressed === showLabel) await this.show({ jobId });
  }

  /** Imports it, or chooses it when it was imported before. */
  async #takeIntoUse(sae: TrainedSae): Promise<void> {
    const { engine, model, importSae, showReport } = this.#ports;
    const before = await this.#imported(sae);
    if (before) showReport(before.saeId);
    else await importSae(sae.folder);
    const made = before ?? (await this.#imported(sae));
    if (!made || made.activeBecause) return;
    // Another one was chosen for the block before.
    const { saeId } = made;
    await engine.request(chooseSae, { modelDir: model.dir, saeId, isChosen: true });
  }

  /** The library's copy: the same weights, byte for byte. */
  async #imported({ block, sha256 }: TrainedSae): Promise<SaeEntry | undefined> {
    const { engine, model } = this.#ports;
    const { saes } = await engine.request(listSaes, { modelDir: model.dir });
    const copies = saes.filter((sae) => sae.block === block && sae.sha256 === sha256);
    return copies.find(({ activeBecause }) => activeBecause) ?? copies[0];
  }

  async #pickTrained(
    target: unknown,
    title: string,
  ): Promise<{ readonly sae: TrainedSae; readonly setDir: string } | undefined> {
    const jobId = await this.#jobOf(target, title, ({ state }) => state === 'done');
    if (jobId === undefined) return undefined;
    const { trained, setDir } = await this.#ports.engine.request(readTraining, { jobId });
    const [first] = trained;
    if (!first) throw invalidInput('This training has made no SAE yet, or its folder is gone.');
    if (trained.length === 1) return { sae: first, setDir };
    const items = trained.map((sae) => ({
      label: sae.name,
      description: `explains ${(100 * sae.explainedVariance).toFixed(1)} %`,
      sae,
    }));
    const picked = await window.showQuickPick(items, { title, placeHolder: 'Which SAE?' });
    return picked && { sae: picked.sae, setDir };
  }

  async #jobOf(
    target: unknown,
    title: string,
    fits: (job: JobSummary) => boolean,
  ): Promise<string | undefined> {
    const { jobId } = isJobNode(target) ? target.job : ((target ?? {}) as Partial<JobSummary>);
    if (jobId !== undefined) return jobId;
    const { list } = this.#ports;
    await list.reload();
    const items = list.jobs
      .filter((job) => job.kind === trainKind && fits(job))
      .map((job) => ({ job, label: job.title, description: jobDescription(job) }));
    const placeHolder = items.length > 0 ? 'Which training?' : 'There is no training for this.';
    return (await window.showQuickPick(items, { title, placeHolder }))?.job.jobId;
  }
}
