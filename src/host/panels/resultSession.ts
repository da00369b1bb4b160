import {
  generatePicture,
  type GenerateResult,
  type ModelDescription,
  openRun,
  type Picture,
} from '../../protocol/engine.ts';
import { FeaturescopeError, invalidInput } from '../../protocol/errors.ts';
import type { Caller } from '../../protocol/request.ts';
import type {
  Problem,
  ResultForm,
  ResultPicture,
  ResultState,
  ResultStatus,
} from '../../protocol/resultPanel.ts';
import type { CurrentModel } from '../currentModel.ts';
import type { PromptHistory } from '../promptHistory.ts';
import { problemWith, type Report } from '../report.ts';
import type { Settings } from '../settings.ts';
import { progressText } from './progressText.ts';
import { emptyForm, formOf, seedAfter, withDefaults } from './resultForm.ts';

const seedCountMax = 16;

export interface ResultSessionPorts {
  readonly engine: Caller;
  readonly model: CurrentModel;
  readonly settings: Settings;
  readonly history: PromptHistory;
  readonly report: Report;
}

/** A picture that the panel shows, with its pixels. */
export interface ShownPicture {
  readonly shown: ResultPicture;
  readonly picture: Picture;
}

/** What one result panel holds and does; it knows nothing of windows. */
export class ResultSession {
  readonly #ports: ResultSessionPorts;
  readonly #onChange: () => void;
  #model: ModelDescription | undefined;
  #form = emptyForm;
  /** Someone chose the numbers in the form; until then the model's own hold. */
  #isFormChosen = false;
  #seedCount = 1;
  #status: ResultStatus = { kind: 'idle' };
  #notice: Problem | null = null;
  #pictures: readonly ShownPicture[] = [];
  #chosenId: string | undefined;
  #run: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;
  #unkeptCount = 0;
  /** Runs that could not be shown because the engine was not there: shown when it is. */
  #owed: (() => Promise<void>) | undefined;

  constructor(ports: ResultSessionPorts, onChange: () => void) {
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get state(): ResultState {
    const model = this.#model;
    return {
      model: model ? { title: model.title, tokenLimit: model.tokenLimit } : null,
      limits: model?.limits ?? null,
      form: this.#form,
      promptHistory: this.#ports.history.prompts,
      status: this.#status,
      pictures: this.#pictures.map(({ shown }) => shown),
      notice: this.#notice,
    };
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** @param pictureId when left out the one that was enlarged last, else the first one */
  picture(pictureId?: string): ShownPicture | undefined {
    const find = (id: string | undefined): ShownPicture | undefined =>
      this.#pictures.find(({ shown }) => shown.pictureId === id);
    return pictureId === undefined ? (find(this.#chosenId) ?? this.#pictures[0]) : find(pictureId);
  }

  /** One of several pictures was enlarged: it is the one that is meant from now on. */
  choose(pictureId: string): void {
    this.#chosenId = pictureId;
    this.#onChange();
  }

  /** A picture that exists only here. */
  get unkept(): ShownPicture | undefined {
    return this.#pictures.find(({ shown }) => !shown.isKept);
  }

  /** Tries again what an engine that was not there left undone. */
  async recover(): Promise<void> {
    if (this.#status.kind === 'failed') await (this.#owed ?? (() => this.prepare()))();
  }

  /** Asks what the model can do and fills in its numbers. A failure shows in the panel. */
  async prepare(): Promise<void> {
    try {
      await this.#describe();
      if (this.#status.kind === 'failed') this.#status = { kind: 'idle' };
    } catch (error) {
      this.#fail(error);
    }
    this.#onChange();
  }

  /** Another model was chosen: its own numbers replace those in the form. */
  async modelChanged(): Promise<void> {
    await this.#run?.ended;
    this.#model = undefined;
    this.#isFormChosen = false;
    await this.prepare();
  }

  /** Makes `seedCount` pictures, one after the other. What runs is cancelled first. */
  async generate(form: ResultForm, seedCount: number): Promise<void> {
    if (!Number.isInteger(seedCount) || seedCount < 1 || seedCount > seedCountMax) {
      throw invalidInput(
        `Number of seeds ${String(seedCount)}: allowed are 1 to ${String(seedCountMax)}.`,
      );
    }
    await this.cancel();
    this.#form = form;
    this.#isFormChosen = true;
    this.#start(seedCount);
  }

  /** The same form with other words; the numbers are the model's until someone chose others. */
  async generatePrompt(prompt: string): Promise<void> {
    await this.cancel();
    this.#form = { ...this.#form, prompt };
    this.#start(1);
  }

  async generateNextSeed(): Promise<void> {
    const seed = seedAfter(this.#form.seed, this.#seedCount);
    await this.generate({ ...this.#form, seed }, 1);
  }

  /** Resolves when the work has stopped. */
  async cancel(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    run.controller.abort();
    if (this.#status.kind === 'running') {
      this.#status = { ...this.#status, phase: 'Cancelling' };
      this.#onChange();
    }
    await run.ended;
  }

  /** Shows kept runs; those that are gone are counted in a notice. @param form as it was left, when restored */
  async show(runIds: readonly string[], form?: ResultForm): Promise<void> {
    await this.cancel();
    this.#status = { kind: 'idle' };
    this.#owed = undefined;
    const opened: ShownPicture[] = [];
    let missing: unknown;
    let hasFailed = false;
    for (const runId of runIds) {
      try {
        opened.push(await this.#open(runId));
      } catch (error) {
        if (!isMissing(error)) {
          this.#fail(error);
          hasFailed = true;
          this.#owed = () => this.show(runIds, form);
          break;
        }
        missing = error;
      }
    }
    const first = opened[0]?.shown.manifest;
    const chosen = form ?? (first && !first.explained ? formOf(first) : undefined);
    if (chosen) {
      this.#form = chosen;
      this.#isFormChosen = true;
    }
    this.#seedCount = Math.max(opened.length, 1);
    this.#pictures = opened;
    if (!hasFailed) await this.prepare();
    this.#notice = this.#noticeFor(opened, runIds.length, missing);
    this.#onChange();
  }

  async #open(runId: string): Promise<ShownPicture> {
    const { run, picture } = await this.#ports.engine.request(openRun, { runId });
    const { manifest } = run;
    return { shown: { pictureId: runId, manifest, truncations: [], isKept: true }, picture };
  }

  #start(seedCount: number): void {
    this.#owed = undefined;
    const controller = new AbortController();
    const ended = this.#generateAll(seedCount, controller.signal).finally(() => {
      this.#run = undefined;
      this.#onChange();
    });
    this.#run = { controller, ended };
    this.#onChange();
  }

  async #generateAll(seedCount: number, signal: AbortSignal): Promise<void> {
    this.#notice = null;
    this.#seedCount = seedCount;
    this.#progress(this.#model ? 'Waiting' : 'Starting the engine', 0, 0, seedCount);
    try {
      const { dir } = await this.#describe();
      await this.#ports.history.add(this.#form.prompt);
      const made: ShownPicture[] = [];
      const form = this.#form;
      for (let index = 0; index < seedCount; index++) {
        const seeded = { ...form, seed: seedAfter(form.seed, index) };
        made.push(await this.#generateOne(dir, seeded, index, seedCount, signal));
        this.#pictures = [...made];
      }
      this.#status = { kind: 'idle' };
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param modelDir the model that the form was filled in for: another may have been chosen since */
  async #generateOne(
    modelDir: string,
    form: ResultForm,
    index: number,
    count: number,
    signal: AbortSignal,
  ): Promise<ShownPicture> {
    const { engine, settings } = this.#ports;
    const result = await engine.request(
      generatePicture,
      { ...form, modelDir, provider: settings.provider, keep: true },
      {
        signal,
        onProgress: (progress) => {
          if (signal.aborted) return;
          const { phase, fraction } = progressText(progress);
          this.#progress(phase, (index + fraction) / count, index, count);
        },
      },
    );
    return this.#shownOf(result);
  }

  #shownOf({ picture, manifest, truncations, runId, keepFailure }: GenerateResult): ShownPicture {
    if (keepFailure) {
      const cause = `The picture was made but could not be kept. ${keepFailure.message}`;
      this.#notice = problemWith(cause, 'saveElsewhere');
    }
    const pictureId = runId ?? `unkept-${String(++this.#unkeptCount)}`;
    return { shown: { pictureId, manifest, truncations, isKept: runId !== undefined }, picture };
  }

  #progress(phase: string, fraction: number, pictureIndex: number, pictureCount: number): void {
    this.#status = { kind: 'running', phase, fraction, pictureIndex, pictureCount };
    this.#onChange();
  }

  async #describe(): Promise<ModelDescription> {
    const model = await this.#ports.model.describe();
    this.#model = model;
    if (this.#isFormChosen) return model;
    this.#form = withDefaults(this.#form, model, this.#ports.settings);
    this.#isFormChosen = true;
    return model;
  }

  #fail(error: unknown): void {
    const problem = this.#ports.report.problem(error);
    this.#status = problem ? { kind: 'failed', problem } : { kind: 'idle' };
  }

  #noticeFor(opened: readonly ShownPicture[], wanted: number, missing: unknown): Problem | null {
    const missingCount = missing === undefined ? 0 : wanted - opened.length;
    if (missingCount > 0 && opened.length === 0) return this.#ports.report.problem(missing) ?? null;
    if (missingCount > 0) {
      return { cause: `${String(missingCount)} of ${String(wanted)} pictures are no longer kept.` };
    }
    const made = opened[0]?.shown.manifest.model.id;
    if (made === undefined || !this.#model || made === this.#model.id) return null;
    const cause = `Made with the model "${made}"; Generate uses "${this.#model.id}".`;
    return problemWith(cause, 'chooseModel');
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof FeaturescopeError && error.code === 'invalidInput';
