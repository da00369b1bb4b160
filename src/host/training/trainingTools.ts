import { join } from 'node:path';
import { commands, Uri } from 'vscode';
import type { JobSummary } from '../../protocol/jobs.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import type { Caller } from '../../protocol/request.ts';
import { trainKind } from '../../protocol/training.ts';
import type { TrainingCommand } from '../../protocol/trainingPanel.ts';
import type { CommandHandlers, CommandId } from '../commands.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import type { JobList } from '../jobs/jobList.ts';
import type { Report } from '../report.ts';
import type { JobNode } from '../trees/jobsTree.ts';
import { TrainActions } from './trainActions.ts';
import { TrainedActions } from './trainedActions.ts';
import { TrainingPanels } from './trainingPanels.ts';

export interface TrainingToolsPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string };
  readonly list: JobList;
  readonly report: Report;
  readonly extensionUri: Uri;
  readonly storageDir: () => string;
  readonly importSae: (folder: Uri) => Promise<void>;
  readonly showReport: (saeId: string) => void;
  readonly showJobs: () => Promise<void>;
  readonly copyText: (text: string) => Promise<void>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

const panelCommands: Readonly<Record<TrainingCommand, CommandId>> = {
  pause: 'featurescope.pauseJob',
  resume: 'featurescope.resumeJob',
  cancel: 'featurescope.cancelJob',
  log: 'featurescope.showJobLog',
  use: 'featurescope.useTrainedSae',
  index: 'featurescope.indexTrainedSae',
  train: 'featurescope.trainSae',
};

type TrainingCommandId =
  | 'featurescope.trainSae'
  | 'featurescope.showTraining'
  | 'featurescope.useTrainedSae'
  | 'featurescope.indexTrainedSae';

/** Training SAEs in the editor: what starts one, shows it, and takes what it made into use. */
export class TrainingTools implements Disposable {
  readonly #owned = new Disposables();
  readonly #panels: TrainingPanels;
  readonly #train: TrainActions;
  readonly #trained: TrainedActions;

  constructor(ports: TrainingToolsPorts) {
    const { engine, storageDir, model, list, showReport, showJobs } = ports;
    this.#panels = this.#owned.add(
      new TrainingPanels({
        ...ports,
        run: (command, job) =>
          commands.executeCommand(
            panelCommands[command],
            ...(job ? [{ kind: 'job', job } satisfies JobNode] : []),
          ),
      }),
    );
    this.#train = new TrainActions({
      engine,
      collectedDir: () => join(storageDir(), 'collected'),
      trainingsDir: () => join(storageDir(), 'trainings'),
      started: async (jobId) => {
        await showJobs();
        this.#panels.open(jobId);
      },
    });
    this.#trained = new TrainedActions({
      ...{ engine, model, list, showReport, showJobs },
      importSae: (folder) => ports.importSae(Uri.file(folder)),
      showTraining: (jobId) => {
        this.#panels.open(jobId);
      },
    });
  }

  get handlers(): Pick<CommandHandlers, TrainingCommandId> {
    return {
      'featurescope.trainSae': () => this.#train.train(),
      'featurescope.showTraining': (target) => this.#trained.show(target),
      'featurescope.useTrainedSae': (target) => this.#trained.use(target),
      'featurescope.indexTrainedSae': (target) => this.#trained.index(target),
    };
  }

  jobsChanged(): void {
    this.#panels.jobsChanged();
  }

  /** A job of this window is done: what a training made can be used at once. */
  async jobDone(job: JobSummary): Promise<void> {
    if (job.kind === trainKind) await this.#trained.offer(job);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
