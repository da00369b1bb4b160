import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  featuresAct,
  featuresCompare,
  featuresCopyText,
  featuresGenerate,
  featuresPin,
  featuresSaveFile,
  featuresSelect,
  featuresStep,
  type FeatureRef,
} from '../../src/protocol/featurePanel.ts';
import type { Caller, RequestDefinition } from '../../src/protocol/request.ts';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import { cellWords } from '../shared/picture/cells.ts';
import { csvOf } from './csv.ts';
import { questionOf } from './question.ts';
import { savedMap } from './savedMap.ts';
import { sectionId } from './sectionId.ts';
import {
  currentReadings,
  isShown,
  type Choices,
  type PanelEvent,
  type PanelState,
} from './state.ts';
import type { Tile } from './tiles.ts';

/** What a person can do in the panel; the view calls these and nothing else. */
export class PanelActions {
  readonly #host: Caller;
  readonly #state: () => PanelState;
  readonly send: (event: PanelEvent) => void;

  constructor(host: Caller, state: () => PanelState, send: (event: PanelEvent) => void) {
    this.#host = host;
    this.#state = state;
    this.send = send;
  }

  /** Shows a feature's map, or adds it to what is shown, or takes it off. */
  show(feature: FeatureRef, isAdding: boolean): void {
    this.send({ kind: 'featureChosen', feature, isAdding });
    if (isShown(this.#state(), feature)) void this.#ask(featuresSelect, { feature });
  }

  clearMaps(): void {
    this.send({ kind: 'mapsCleared' });
    void this.#ask(featuresSelect, { feature: null });
  }

  choose(choices: Partial<Choices>): void {
    this.send({ kind: 'chosen', choices });
    const { stepIndex } = choices;
    // The tree ranks by the same step.
    if (stepIndex !== undefined) void this.#ask(featuresStep, { stepIndex });
  }

  pin(feature: FeatureRef, isPinned: boolean): void {
    void this.#ask(featuresPin, { feature, isPinned });
  }

  compare(isOn: boolean): void {
    void this.#ask(featuresCompare, { isOn });
  }

  generate(): void {
    void this.#ask(featuresGenerate, null);
  }

  act(action: ProblemAction | 'showLog'): void {
    void this.#ask(featuresAct, { action });
  }

  /** What is listed, of the chosen cells where there are some; and says which. */
  copyCsv(): void {
    const state = this.#state();
    const { text, rowCount } = csvOf(currentReadings(state) ?? [], (reading) =>
      questionOf(state, reading),
    );
    const { area, host } = state;
    const subject = host?.other
      ? 'both pictures compared'
      : area
        ? cellWords(area.rectangle).toLowerCase()
        : 'the whole picture';
    void this.#ask(
      featuresCopyText,
      { text },
      `CSV copied: ${rowCount} features of all blocks, ${subject}.`,
    );
  }

  /** The pictures with the maps as they are seen, with colour bars and captions. */
  async saveMap(tiles: readonly Tile[]): Promise<void> {
    const map = await savedMap(this.#state(), tiles);
    if (!map) return;
    const bytes = new Uint8Array(map.bytes).buffer;
    await this.#ask(featuresSaveFile, { name: map.name, bytes });
  }

  /** The same, to the clipboard. */
  async copyMap(tiles: readonly Tile[]): Promise<void> {
    const png = savedMap(this.#state(), tiles).then((map) => {
      if (!map) throw new Error('Its pixels are not there yet.');
      return new Blob([new Uint8Array(map.bytes)], { type: 'image/png' });
    });
    try {
      // The promise goes in as it is: after an await the click that allows the copy may have expired.
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
      this.send({ kind: 'said', text: 'Picture with map copied.' });
    } catch (error) {
      const { message } = FeaturescopeError.from(error);
      const cause = `The picture could not be copied: ${message} Save map works all the same.`;
      this.send({ kind: 'failed', cause });
    }
  }

  /** Scrolls to a block's list or the schematic and puts the focus there. */
  lookAt(target: string): void {
    const section = document.getElementById(sectionId(target));
    const focusable = section?.querySelector<HTMLElement>(':scope > summary') ?? section;
    focusable?.focus({ preventScroll: true });
    section?.scrollIntoView({ block: 'start' });
  }

  /** Says what came of a request; what was cancelled was meant to be. */
  async #ask<Params>(
    definition: RequestDefinition<Params, null, never>,
    params: Params,
    done?: string,
  ): Promise<void> {
    try {
      await this.#host.request(definition, params);
      if (done !== undefined) this.send({ kind: 'said', text: done });
    } catch (error) {
      const { code, message } = FeaturescopeError.from(error);
      if (code !== 'cancelled') this.send({ kind: 'failed', cause: message });
    }
  }
}
