import type { Caller } from '../../protocol/request.ts';
import { readTraining, type TrainingView } from '../../protocol/training.ts';
import type { TrainingState } from '../../protocol/trainingPanel.ts';
import type { Disposable } from '../disposables.ts';
import { FollowedJob, type FollowedJobPorts } from '../jobs/followedJob.ts';

export interface TrainingSessionPorts extends Pick<
  FollowedJobPorts<TrainingView>,
  'list' | 'report'
> {
  readonly engine: Caller;
}

const readEveryMs = 1000;

/** What one training panel shows: a job as the list has it, and its curves, read while it moves. */
export class TrainingSession implements Disposable {
  readonly #job: FollowedJob<TrainingView>;

  constructor({ engine, list, report }: TrainingSessionPorts, onChange: () => void) {
    const read = (jobId: string) => engine.request(readTraining, { jobId });
    this.#job = new FollowedJob({ list, report, read, readEveryMs }, onChange);
  }

  get state(): TrainingState {
    const { view: training, ...rest } = this.#job.state;
    return { ...rest, training };
  }

  open(jobId: string): void {
    this.#job.open(jobId);
  }

  /** The list was told anew. */
  jobsChanged(): void {
    this.#job.jobsChanged();
  }

  dispose(): void {
    this.#job.dispose();
  }
}
