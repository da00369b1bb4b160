import { join } from 'node:path';
import { commands, Uri } from 'vscode';
import type { ChildProcess } from '../../processes/childProcess.ts';
import { type JobSummary, jobsChanged } from '../../protocol/jobs.ts';
import { CollectActions } from '../actions/collectActions.ts';
import { JobActions } from '../actions/jobActions.ts';
import type { CommandHandlers } from '../commands.ts';
import type { CurrentModel } from '../currentModel.ts';
import { type Disposable, Disposables } from '../disposables.ts';
import type { Report } from '../report.ts';
import type { Settings } from '../settings.ts';
import { JobsView } from '../trees/jobsView.ts';
import { SpecializationTools } from '../specialization/specializationTools.ts';
import { TrainingTools, type TrainingToolsPorts } from '../training/trainingTools.ts';
import { JobList } from './jobList.ts';

export interface JobCenterPorts extends Omit<TrainingToolsPorts, 'list' | 'model' | 'showJobs'> {
  readonly model: CurrentModel;
  readonly settings: Settings;
  readonly onChange: () => void;
}

type JobCommand =
  | 'featurescope.collect'
  | 'featurescope.pauseJob'
  | 'featurescope.resumeJob'
  | 'featurescope.cancelJob'
  | 'featurescope.showJobLog'
  | 'featurescope.revealJob'
  | 'featurescope.removeJob';

/** Long work: its list, its view and what can be done with it. */
export class JobCenter implements Disposable {
  readonly #owned = new Disposables();
  readonly #report: Report;
  readonly #actions: JobActions;
  readonly #collect: CollectActions;
  readonly #training: TrainingTools;
  readonly #specialization: SpecializationTools;
  readonly list: JobList;

  constructor(ports: JobCenterPorts) {
    const { engine, model, settings, report, storageDir, onChange } = ports;
    this.#report = report;
    this.list = new JobList(engine, report, {
      onChange: () => {
        view.refresh();
        this.#training.jobsChanged();
        this.#specialization.jobsChanged();
        onChange();
      },
      onFailed: (job) => void this.#tellFailure(job),
      onDone: (job) => void this.#tellDone(job),
    });
    const view = this.#owned.add(new JobsView(this.list));
    this.#actions = new JobActions(engine, this.list);
    const showJobs = (): Promise<void> => this.show();
    const collectedDir = (): string => join(storageDir(), 'collected');
    const generalPrompts = Uri.joinPath(ports.extensionUri, 'media', 'general-prompts.txt').fsPath;
    this.#collect = new CollectActions({
      ...{ engine, model, settings, collectedDir, generalPrompts, showJobs },
    });
    this.#training = this.#owned.add(new TrainingTools({ ...ports, list: this.list, showJobs }));
    const provider = () => settings.provider;
    this.#specialization = this.#owned.add(
      new SpecializationTools({ ...ports, list: this.list, provider }),
    );
  }

  get handlers(): Pick<CommandHandlers, JobCommand> &
    TrainingTools['handlers'] &
    SpecializationTools['handlers'] {
    const actions = this.#actions;
    return {
      ...this.#training.handlers,
      ...this.#specialization.handlers,
      'featurescope.collect': () => this.#collect.collect(),
      'featurescope.pauseJob': (target) => actions.pause(target),
      'featurescope.resumeJob': (target) => actions.resume(target),
      'featurescope.cancelJob': (target) => actions.cancel(target),
      'featurescope.showJobLog': (target) => actions.showLog(target),
      'featurescope.revealJob': (target) => actions.reveal(target),
      'featurescope.removeJob': (target) => actions.remove(target),
    };
  }

  /** Reads the list again and brings the view to the front. */
  async show(): Promise<void> {
    await this.list.reload();
    await commands.executeCommand('featurescope.jobs.focus');
  }

  /** A new engine: what it tells of its jobs is shown; when it ends, its jobs are interrupted. */
  follow(process: ChildProcess): void {
    process.connection.onNotification(jobsChanged, ({ jobs }) => {
      this.list.told(jobs);
    });
    void process.ended.then(() => {
      this.list.engineEnded();
    });
  }

  async #tellFailure({ title, error }: JobSummary): Promise<void> {
    const problem = { cause: `${title}: ${error?.message ?? 'failed'}` };
    await this.#report.ask(problem);
  }

  async #tellDone(job: JobSummary): Promise<void> {
    try {
      await this.#training.jobDone(job);
    } catch (error) {
      await this.#report.show(error);
    }
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
