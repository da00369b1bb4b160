import { openRun, type Picture } from '../../protocol/engine.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import {
  type FeatureState,
  packReadings,
  type PackedReadings,
} from '../../protocol/featurePanel.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { CurrentPicture, KeptPicture } from '../features/currentPicture.ts';
import type { FeatureChoice } from '../features/featureChoice.ts';
import type { ModelBlocks } from '../features/modelBlocks.ts';
import type { RunReadings } from '../features/runReadings.ts';
import type { Report } from '../report.ts';

export interface FeatureSessionPorts {
  readonly engine: Caller;
  readonly model: CurrentModel;
  readonly current: CurrentPicture;
  readonly choice: FeatureChoice;
  readonly modelBlocks: ModelBlocks;
  readonly readings: RunReadings;
  readonly report: Report;
}

/** What the feature view holds and does; it knows nothing of windows. It follows the current picture. */
export class FeatureSession {
  readonly #ports: FeatureSessionPorts;
  readonly #onChange: () => void;
  #other: KeptPicture | null = null;
  #lookAt: FeatureState['lookAt'] = null;
  #modelTitle = '';
  #problem: Problem | null = null;

  constructor(ports: FeatureSessionPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get state(): FeatureState {
    const { current, choice } = this.#ports;
    return {
      picture: current.picture,
      other: this.#other,
      modelTitle: this.#modelTitle,
      pinned: choice.pinned,
      selected: choice.selected,
      stepIndex: current.stepIndex,
      lookAt: this.#lookAt,
      problem: this.#problem,
    };
  }

  /** The current picture is another one: what was wrong with the last is over, and so is the comparison with itself. */
  pictureChanged(): void {
    this.#problem = null;
    if (this.#other?.runId === this.#ports.current.picture?.runId) this.#other = null;
    this.#onChange();
  }

  /** What failed for want of an engine or of trust can be asked for again. */
  recover(): void {
    if (!this.#problem) return;
    this.#problem = null;
    this.#onChange();
  }

  /** The panel scrolls to a block or the schematic, each time that it is asked for. */
  lookAt(target: string): void {
    this.#lookAt = { target, count: (this.#lookAt?.count ?? 0) + 1 };
    this.#onChange();
  }

  /** The runs are gone: there is nothing to compare with any more. */
  forget(runIds: readonly string[]): void {
    if (this.#other && runIds.includes(this.#other.runId)) this.compareWith(null);
  }

  compareWith(other: KeptPicture | null): void {
    this.#other = other;
    this.#onChange();
  }

  /** After a reload of the window: pictures that are still kept. */
  async restore(runId: string | null, otherRunId: string | null): Promise<void> {
    const { current } = this.#ports;
    if (runId !== null && !current.picture) current.show(await this.#find(runId));
    if (otherRunId !== null) this.#other = await this.#find(otherRunId);
    this.#onChange();
  }

  pixels(runId: string): Promise<Picture> {
    return this.#answer(async () => {
      const { picture } = await this.#ports.engine.request(openRun, { runId });
      return picture;
    });
  }

  async readings(runId: string): Promise<PackedReadings> {
    const { readings, modelBlocks } = this.#ports;
    const packed = await this.#answer(async () => {
      // Another model may be the current one, or none: strengths are shown in their own unit then.
      const noMeans = new Map<string, Float32Array>();
      const means = modelBlocks.featureMeans().catch(() => noMeans);
      return packReadings(await readings.of(runId), await means);
    });
    void this.#name();
    return packed;
  }

  async #find(runId: string): Promise<KeptPicture | null> {
    try {
      const { run } = await this.#ports.engine.request(openRun, { runId });
      return { runId, manifest: run.manifest };
    } catch (error) {
      if (!(error instanceof FeaturescopeError && error.code === 'invalidInput')) {
        this.#problem = this.#ports.report.problem(error) ?? null;
      }
      return null;
    }
  }

  /** A failure is shown in the panel with what helps, and passed on. */
  async #answer<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#problem = this.#ports.report.problem(error) ?? null;
      this.#onChange();
      throw error;
    }
  }

  async #name(): Promise<void> {
    if (this.#modelTitle !== '') return;
    const description = await this.#ports.model.describe().catch(() => undefined);
    this.#modelTitle = description?.title ?? '';
  }
}
