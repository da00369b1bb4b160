import {
  boardAct,
  boardAdd,
  boardAddDirection,
  boardBase,
  boardCancel,
  boardCommand,
  boardCopy,
  boardCopyText,
  boardFocus,
  boardGenerate,
  boardOptions,
  boardPaste,
  boardSaveFile,
  boardSavePng,
  boardShowFeature,
  boardStart,
  boardUndo,
  type BoardCommand,
  type BoardWork,
} from '../../src/protocol/boardPanel.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import type { CopyParams } from '../../src/protocol/interventions.ts';
import type { EditRecipe } from '../../src/protocol/recipe.ts';
import type { Caller, RequestDefinition } from '../../src/protocol/request.ts';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import { boardCsv } from './boardCsv.ts';
import { boardSheet } from './boardSheet.ts';
import type { LatencyMeter } from './latencyMeter.ts';
import {
  type Choices,
  type Painting,
  type PanelEvent,
  type PanelState,
  startPainting,
} from './state.ts';

/** Moves of one control within this time are one step of undo. */
const continuedWithinMs = 2000;

const copyWords: Readonly<Record<CopyParams['form'], string>> = {
  json: 'Recipe copied as JSON.',
  command: 'Command line copied.',
  python: 'Python for diffusers copied.',
};

export interface ActionsPorts {
  readonly host: Caller;
  readonly state: () => PanelState;
  readonly send: (event: PanelEvent) => void;
  readonly latency: LatencyMeter;
}

/** What a person can do in the panel; the view calls these and nothing else. */
export class PanelActions {
  readonly #ports: ActionsPorts;
  #sequence = 0;
  #lastControl = { name: '', atMs: -Infinity };

  constructor(ports: ActionsPorts) {
    this.#ports = ports;
  }

  send(event: PanelEvent): void {
    this.#ports.send(event);
  }

  choose(choices: Partial<Choices>): void {
    this.send({ kind: 'chosen', choices });
  }

  command(command: BoardCommand): void {
    // After a page's return the host has seen more than this page has sent.
    const seen = this.#ports.state().host?.seen ?? 0;
    this.#sequence = Math.max(this.#sequence, seen) + 1;
    void this.#ask(boardCommand, { command, sequence: this.#sequence });
  }

  /** @param control what was moved: a slider that goes on moving is one step of undo; '' never goes on */
  setRecipe(id: string, recipe: EditRecipe, control = ''): void {
    const nowMs = performance.now();
    const { name, atMs } = this.#lastControl;
    const key = `${id} ${control}`;
    const isContinued = control !== '' && name === key && nowMs - atMs < continuedWithinMs;
    this.#lastControl = { name: key, atMs: nowMs };
    this.command({ kind: 'setRecipe', id, recipe, isContinued });
    this.#ports.latency.moved(this.#sequence, nowMs);
    this.send({ kind: 'drafted', id, recipe, sequence: this.#sequence });
  }

  undo(isRedo: boolean): void {
    this.#lastControl = { name: '', atMs: -Infinity };
    void this.#ask(boardUndo, { isRedo });
  }

  focus(variantId: string | null, columnIndex = this.#ports.state().host?.focusColumn ?? 0): void {
    void this.#ask(boardFocus, { variantId, columnIndex });
  }

  setOptions(options: { readonly isLive?: boolean; readonly isKeeping?: boolean }): void {
    void this.#ask(boardOptions, options);
  }

  start(work: BoardWork): void {
    void this.#ask(boardStart, { work });
  }

  runBoard(): void {
    this.start({ kind: 'board', isKeeping: this.#ports.state().host?.isKeeping ?? false });
  }

  cancel(): void {
    void this.#ask(boardCancel, null);
  }

  addFeatures(features: readonly FeatureRef[] | null): void {
    void this.#ask(boardAdd, { features });
  }

  addDirection(): void {
    void this.#ask(boardAddDirection, null);
  }

  paste(): void {
    void this.#ask(boardPaste, null);
  }

  copy(variantId: string, form: CopyParams['form']): void {
    void this.#ask(boardCopy, { variantId, form }, copyWords[form]);
  }

  useBase(from: 'current' | 'runs'): void {
    void this.#ask(boardBase, { from });
  }

  savePng(pictureId: string): void {
    void this.#ask(boardSavePng, { pictureId });
  }

  showFeature(feature: FeatureRef): void {
    void this.#ask(boardShowFeature, { feature });
  }

  generate(): void {
    void this.#ask(boardGenerate, null);
  }

  act(action: ProblemAction | 'showLog'): void {
    void this.#ask(boardAct, { action });
  }

  copyText(text: string, done: string): void {
    void this.#ask(boardCopyText, { text }, done);
  }

  copyCsv(): void {
    const { host } = this.#ports.state();
    if (host) this.copyText(boardCsv(host), 'Figures copied as CSV.');
  }

  saveCsv(): void {
    const { host } = this.#ports.state();
    if (!host) return;
    const bytes = new TextEncoder().encode(boardCsv(host)).buffer;
    void this.#ask(boardSaveFile, { name: 'board.csv', bytes });
  }

  async saveSheet(): Promise<void> {
    const bytes = await boardSheet(this.#ports.state());
    if (bytes) await this.#ask(boardSaveFile, { name: 'board.png', bytes });
  }

  paint(variantId: string, editIndex: number): void {
    this.send({ kind: 'painting', painting: startPainting(variantId, editIndex) });
  }

  endPainting(): void {
    this.send({ kind: 'painting', painting: null });
  }

  changePainting(change: Partial<Painting>): void {
    this.send({ kind: 'painted', change });
  }

  /** Says what came of a request; what was cancelled was meant to be. */
  async #ask<Params>(
    definition: RequestDefinition<Params, null, never>,
    params: Params,
    done?: string,
  ): Promise<void> {
    try {
      await this.#ports.host.request(definition, params);
      if (done !== undefined) this.send({ kind: 'said', text: done });
    } catch (error) {
      const { code, message } = FeaturescopeError.from(error);
      if (code !== 'cancelled') this.send({ kind: 'failed', cause: message });
    }
  }
}
