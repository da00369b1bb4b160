import { invalidInput } from '../../protocol/errors.ts';
import type { Picture } from '../../protocol/engine.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import {
  readSpecialization,
  showMark,
  type SpecializationView,
} from '../../protocol/specialization.ts';
import type {
  PanelMarkPictures,
  PanelPixels,
  SpecializationState,
} from '../../protocol/specializationPanel.ts';
import type { Disposable } from '../disposables.ts';
import { FollowedJob, type FollowedJobPorts } from '../jobs/followedJob.ts';

export interface SpecializationSessionPorts extends Pick<
  FollowedJobPorts<SpecializationView>,
  'list' | 'report'
> {
  readonly engine: Caller;
  readonly modelDir: () => string;
  readonly provider: () => ProviderWish;
}

/** Charts are computed from all rows: often enough to see them fill. */
const readEveryMs = 2000;
const picturesShown = 6;

/** What one panel on block specialization shows: a job as the list has it, and its charts, read while it moves. */
export class SpecializationSession implements Disposable {
  readonly #ports: SpecializationSessionPorts;
  readonly #job: FollowedJob<SpecializationView>;

  constructor(ports: SpecializationSessionPorts, onChange: () => void) {
    const { engine, list, report } = ports;
    const read = (jobId: string) => engine.request(readSpecialization, { jobId });
    this.#ports = ports;
    this.#job = new FollowedJob({ list, report, read, readEveryMs }, onChange);
  }

  get state(): SpecializationState {
    return this.#job.state;
  }

  open(jobId: string): void {
    this.#job.open(jobId);
  }

  /** The list was told anew. */
  jobsChanged(): void {
    this.#job.jobsChanged();
  }

  /** Pictures behind a mark, made again. @throws `invalidInput`, as `showMark` */
  async pictures(key: string): Promise<PanelMarkPictures> {
    const { engine, modelDir, provider } = this.#ports;
    const { view } = this.state;
    if (!view) throw invalidInput('The report has not been read yet.');
    const { pictures, ...rest } = await engine.request(showMark, {
      ...{ dir: view.dir, modelDir: modelDir(), provider: provider() },
      ...{ key, limit: picturesShown },
    });
    return {
      ...rest,
      pictures: pictures.map(({ shots, ...one }) => ({
        ...one,
        shots: shots.map(({ name, picture }) => ({ name, picture: pixelsOf(picture) })),
      })),
    };
  }

  dispose(): void {
    this.#job.dispose();
  }
}

/** A received view may sit at an offset in a larger buffer. */
const pixelsOf = ({ width, height, rgb }: Picture): PanelPixels => ({
  ...{ width, height, rgb: new Uint8Array(rgb).buffer },
});
