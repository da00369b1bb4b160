import { join } from 'node:path';
import { commands, type Uri, window } from 'vscode';
import type { JobSummary } from '../../protocol/jobs.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import { specializeKind } from '../../protocol/specialization.ts';
import type { SpecializationCommand } from '../../protocol/specializationPanel.ts';
import { saveBytes } from '../actions/saveBytes.ts';
import type { CommandHandlers, CommandId } from '../commands.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import type { JobList } from '../jobs/jobList.ts';
import type { Report } from '../report.ts';
import { isJobNode, type JobNode } from '../trees/jobsTree.ts';
import { SpecializationPanels } from './specializationPanels.ts';
import { SpecializeActions } from './specializeActions.ts';

export interface SpecializationToolsPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  readonly provider: () => ProviderWish;
  readonly list: JobList;
  readonly report: Report;
  readonly extensionUri: Uri;
  readonly storageDir: () => string;
  readonly copyText: (text: string) => Promise<void>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

const panelCommands: Readonly<Record<SpecializationCommand, CommandId>> = {
  pause: 'featurescope.pauseJob',
  resume: 'featurescope.resumeJob',
  cancel: 'featurescope.cancelJob',
  log: 'featurescope.showJobLog',
  reveal: 'featurescope.revealJob',
  begin: 'featurescope.blockSpecialization',
};

type SpecializationCommandId =
  'featurescope.blockSpecialization' | 'featurescope.showSpecialization';

/** Block specialization in the editor: what begins a report, and the panel that shows one. */
export class SpecializationTools implements Disposable {
  readonly #owned = new Disposables();
  readonly #ports: SpecializationToolsPorts;
  readonly #panels: SpecializationPanels;
  readonly #actions: SpecializeActions;

  constructor(ports: SpecializationToolsPorts) {
    this.#ports = ports;
    const { engine, model, provider, storageDir } = ports;
    const modelDir = (): string => model.dir;
    this.#panels = this.#owned.add(
      new SpecializationPanels({
        ...ports,
        modelDir,
        saveFile: saveBytes,
        run: (command, job) =>
          commands.executeCommand(
            panelCommands[command],
            ...(job ? [{ kind: 'job', job } satisfies JobNode] : []),
          ),
      }),
    );
    this.#actions = new SpecializeActions({
      ...{ engine, modelDir, provider },
      reportsDir: () => join(storageDir(), 'reports'),
      started: (jobId) => {
        this.#panels.open(jobId);
      },
    });
  }

  get handlers(): Pick<CommandHandlers, SpecializationCommandId> {
    return {
      'featurescope.blockSpecialization': () => this.#actions.begin(),
      'featurescope.showSpecialization': (target) => this.#show(target),
    };
  }

  jobsChanged(): void {
    this.#panels.jobsChanged();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  async #show(target: unknown): Promise<void> {
    const job = isJobNode(target) ? target.job : await this.#pick();
    if (job) this.#panels.open(job.jobId);
  }

  /** The only report, or the one that the person chooses; with none, one is begun. */
  async #pick(): Promise<JobSummary | undefined> {
    const { list } = this.#ports;
    if (list.state !== 'ready') await list.reload();
    const reports = list.jobs.filter(({ kind }) => kind === specializeKind);
    if (reports.length === 0) {
      await this.#actions.begin();
      return undefined;
    }
    if (reports.length === 1) return reports[0];
    const items = reports.map((job) => ({ label: job.title, description: job.state, job }));
    const picked = await window.showQuickPick(items, {
      title: 'Show Block Specialization',
      placeHolder: 'Which report?',
    });
    return picked?.job;
  }
}
