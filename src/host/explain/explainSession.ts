import { basename } from 'node:path';
import { describeModel, type Picture } from '../../protocol/engine.ts';
import { invalidInput } from '../../protocol/errors.ts';
import {
  explainPicture,
  type ExplainProgress,
  type ExplainResult,
} from '../../protocol/explain.ts';
import type {
  ExplainContent,
  ExplainForm,
  ExplainState,
  PanelPixels,
} from '../../protocol/explainPanel.ts';
import { startForm } from '../../protocol/explainPanel.ts';
import { explainPhase } from '../../protocol/explainWords.ts';
import { packReadings } from '../../protocol/featurePanel.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import type { ResultForm } from '../../protocol/resultPanel.ts';
import type { Disposable } from '../disposables.ts';
import { progressText } from '../panels/progressText.ts';
import type { Report } from '../report.ts';

export interface ExplainSessionPorts {
  readonly engine: Caller;
  readonly model: { readonly dir: string; readonly isEmbedded: boolean };
  /** Where own labels are. */
  readonly labels: { readonly place: { readonly labelsPath?: string } };
  readonly report: Pick<Report, 'problem'>;
  readonly provider: () => ProviderWish;
  /** Puts words and numbers into the form of a result panel; nothing is made. */
  readonly offerForm: (form: ResultForm) => PromiseLike<unknown>;
  /** Shows a kept run in the feature view. */
  readonly showRun: (runId: string) => PromiseLike<unknown>;
}

const readingFrom = 0.2;

/** What one explain panel holds and does: some pictures, one of them explained at a time. */
export class ExplainSession implements Disposable {
  readonly #ports: ExplainSessionPorts;
  readonly #onChange: () => void;
  #running: AbortController | undefined;
  #result: ExplainResult | undefined;
  #resultId = 0;
  #state: Omit<ExplainState, 'isEmbedded'> = {
    ...{ files: [], current: 0, form: startForm, status: { kind: 'idle' } },
    ...{ result: null, problem: null },
  };

  constructor(ports: ExplainSessionPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get state(): ExplainState {
    return { ...this.#state, isEmbedded: this.#ports.model.isEmbedded };
  }

  /** These pictures instead of those before; the one at `current` is explained at once. */
  open(paths: readonly string[], current = 0, form = startForm): void {
    const files = paths.map((path) => ({ path, name: basename(path) }));
    this.#set({ files, current: Math.min(Math.max(0, current), Math.max(0, files.length - 1)) });
    this.#start(form);
  }

  /** More pictures; the first of them is explained. */
  add(paths: readonly string[]): void {
    const known = this.#state.files.map(({ path }) => path);
    const all = [...new Set([...known, ...paths])];
    const [first] = paths;
    if (first !== undefined) this.open(all, all.indexOf(first), this.#state.form);
  }

  chooseFile(index: number): void {
    const { files, form } = this.#state;
    if (!files[index]) throw invalidInput(`There is no picture ${String(index)}.`);
    this.#set({ current: index });
    this.#start(form);
  }

  start(form: ExplainForm): void {
    this.#start(form);
  }

  /** Explains once more and keeps it; the run's id is in the result. */
  keep(): void {
    this.#start(this.#state.form, true);
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** What failed for want of an engine or of trust is tried again. */
  recover(): void {
    if (this.#state.problem && this.#state.files.length > 0) this.#start(this.#state.form);
  }

  content(resultId: number): ExplainContent | null {
    const result = this.#result;
    if (!result || resultId !== this.#resultId) return null;
    const { picture, roundTrip, controlPicture, readings, controlReadings } = result;
    return {
      picture: pixelsOf(picture),
      roundTrip: roundTrip && pixelsOf(roundTrip),
      control: controlPicture && pixelsOf(controlPicture),
      readings: packReadings(readings),
      controlReadings: packReadings(controlReadings),
    };
  }

  async showRun(): Promise<void> {
    const runId = this.#result?.runId;
    if (runId === undefined) throw invalidInput('This was not kept as a run yet.');
    await this.#ports.showRun(runId);
  }

  /** The other tool's words and numbers, as far as the model takes them. */
  async useStart(): Promise<void> {
    const path = this.#result?.path;
    const start = path?.kind === 'encoded' ? path.startingPoint : null;
    if (!start) throw invalidInput('No other tool wrote how this picture was made.');
    const { engine, model, offerForm } = this.#ports;
    const { defaults, limits } = await engine.request(describeModel, { modelDir: model.dir });
    const { prompt, negativePrompt, seed = 0, steps, guidanceScale } = start;
    await offerForm({
      ...{ prompt, negativePrompt, ...defaults },
      // Seeds count modulo 2^32 in torch; other tools have longer ones.
      seed: seed % 2 ** 32,
      ...(steps !== undefined && { steps: Math.min(Math.max(1, steps), limits.stepsMax) }),
      ...(guidanceScale !== undefined && {
        guidanceScale: Math.min(guidanceScale, limits.guidanceScaleMax),
      }),
    });
  }

  dispose(): void {
    this.cancel();
  }

  #start(form: ExplainForm, isKept = false): void {
    this.#running?.abort();
    const file = this.#state.files[this.#state.current];
    if (!file) {
      this.#set({ form });
      return;
    }
    // What was there stays while it is kept, since it will be the same.
    const result = isKept ? this.#state.result : null;
    this.#set({ form, result, problem: null, status: { kind: 'running', ...startText } });
    void this.#run(file.path, form, isKept);
  }

  async #run(path: string, form: ExplainForm, keep: boolean): Promise<void> {
    const { engine, model, labels, provider, report } = this.#ports;
    const mine = new AbortController();
    this.#running = mine;
    const { as, prompt, timestep, seedCount, control } = form;
    try {
      const result = await engine.request(
        explainPicture,
        {
          ...{ modelDir: model.dir, ...labels.place, provider: provider(), path },
          ...{ as, prompt, seedCount, firstSeed: 0, control, keep },
          ...(timestep === null ? {} : { timestep }),
        },
        {
          signal: mine.signal,
          onProgress: (progress) => {
            if (this.#running === mine)
              this.#set({ status: { kind: 'running', ...textOf(progress) } });
          },
        },
      );
      if (this.#running !== mine) return;
      this.#running = undefined;
      this.#take(result);
    } catch (error) {
      const problem = report.problem(error) ?? null;
      if (this.#running !== mine) return;
      this.#running = undefined;
      this.#set({ status: { kind: 'idle' }, problem });
    }
  }

  #take(result: ExplainResult): void {
    this.#result = result;
    this.#resultId++;
    const { file, modelTitle, path, fits, labels, runId, picture } = result;
    this.#set({
      status: { kind: 'idle' },
      result: {
        ...{ file, modelTitle, path, fits, labels, resultId: this.#resultId },
        ...{ width: picture.width, height: picture.height },
        ...(runId === undefined ? {} : { runId }),
      },
    });
  }

  #set(change: Partial<ExplainState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange();
  }
}

const startText = { phase: 'Starting', fraction: 0 };

function textOf(progress: ExplainProgress): { phase: string; fraction: number } {
  const phase = explainPhase(progress);
  switch (progress.phase) {
    case 'readingFeatures': {
      const share = progress.done / progress.total;
      return { phase: phase ?? '', fraction: readingFrom + (1 - readingFrom) * share };
    }
    case 'readingFile':
      return { phase: phase ?? '', fraction: 0 };
    case 'encodingPicture':
      return { phase: phase ?? '', fraction: readingFrom / 2 };
    default:
      return progressText(progress);
  }
}

/** A received view may sit at an offset in a larger buffer. */
const pixelsOf = ({ width, height, rgb }: Picture): PanelPixels => ({
  ...{ width, height },
  rgb: new Uint8Array(rgb).buffer,
});
