import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  featuresAct,
  featuresCompare,
  featuresCopyText,
  featuresGenerate,
  featuresPin,
  featuresSaveFile,
  featuresSelect,
  type FeatureRef,
} from '../../src/protocol/featurePanel.ts';
import type { Caller, RequestDefinition } from '../../src/protocol/request.ts';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import { csvOf } from './csv.ts';
import { mapPng } from './mapPng.ts';
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

  copyCsv(): void {
    const state = this.#state();
    const text = csvOf(currentReadings(state) ?? [], state);
    void this.#ask(featuresCopyText, { text }, 'Table copied as CSV.');
  }

  /** The picture with the maps as they are over it. */
  async saveMap(tile: Tile): Promise<void> {
    const { pixels, overlay } = this.#state();
    const picture = pixels[tile.runId];
    if (!picture) return;
    const bytes = await mapPng(picture, tile.maps, overlay);
    const names = tile.maps.map(({ name }) => name.replaceAll(/[^\w.]+/g, '-'));
    const name = [...names, 'seed', tile.manifest.seed].join('-');
    await this.#ask(featuresSaveFile, { name: `${name}.png`, bytes });
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
