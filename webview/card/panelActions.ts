import {
  cardDraw,
  type CardDrawingKind,
  cardFetchContactSheet,
  cardGo,
  cardJudgeBlindTest,
  cardSetLabel,
  cardStartBlindTest,
} from '../../src/protocol/cardPanel.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import { featureName } from '../../src/protocol/featureName.ts';
import type { Caller } from '../../src/protocol/request.ts';
import { FeatureServices } from '../shared/featureServices.ts';
import { ask, type Told, toldBy } from '../shared/panelAsk.ts';
import { cardMarkdown } from './cardMarkdown.ts';
import { cardSheet } from './cardSheet.ts';
import { type Draft, ownLabel, type PanelEvent, type PanelState, wantedKey } from './state.ts';

/** What a person can do in the card; the view calls these and nothing else. */
export class PanelActions {
  readonly #host: Caller;
  readonly #state: () => PanelState;
  readonly #told: Told;
  #drawing: AbortController | undefined;
  readonly send: (event: PanelEvent) => void;
  readonly services: FeatureServices;

  constructor(host: Caller, state: () => PanelState, send: (event: PanelEvent) => void) {
    this.#host = host;
    this.#state = state;
    this.send = send;
    this.#told = toldBy(send);
    this.services = new FeatureServices(host, this.#told);
  }

  /** A link inside the card stays in the card. */
  readonly go = (to: FeatureRef | 'back' | 'forward'): void => {
    void ask(this.#host, cardGo, { to }, this.#told);
  };

  togglePin(): void {
    const { host } = this.#state();
    if (!host?.feature) return;
    const { block, id } = host.feature;
    const isPinned = host.pinned.some((one) => one.block === block && one.id === id);
    this.services.pin(host.feature, !isPinned);
  }

  async draw(kind: CardDrawingKind): Promise<void> {
    const feature = this.#state().host?.feature;
    if (!feature) return;
    this.cancelDrawing();
    const mine = new AbortController();
    this.#drawing = mine;
    this.send({ kind: 'drawing', drawing: { kind, done: 0, total: 0 } });
    try {
      const drawing = await this.#host.request(
        cardDraw,
        { feature, kind },
        {
          signal: mine.signal,
          onProgress: (progress) => {
            if (this.#drawing === mine) {
              this.send({ kind: 'drawing', drawing: { kind, ...progress } });
            }
          },
        },
      );
      this.send({ kind: 'drawn', feature, drawing });
    } catch (error) {
      const { code, message } = FeaturescopeError.from(error);
      if (this.#drawing !== mine) return;
      this.send({ kind: 'drawing', drawing: null });
      if (code !== 'cancelled') this.#told.failed(message);
    }
  }

  cancelDrawing(): void {
    this.#drawing?.abort();
  }

  async fetchSheet(): Promise<void> {
    const key = wantedKey(this.#state());
    const feature = this.#state().host?.feature;
    if (!feature || key === undefined || this.#state().isSheetFetching) return;
    this.send({ kind: 'sheetFetching', isFetching: true });
    await this.#tried(async () => {
      const sheet = await this.#host.request(cardFetchContactSheet, { feature });
      this.send({ kind: 'sheet', key, sheet });
    });
    if (wantedKey(this.#state()) === key) this.send({ kind: 'sheetFetching', isFetching: false });
  }

  async saveLabel(): Promise<void> {
    const { draft } = this.#state();
    const before = ownLabel(this.#state());
    if (draft && (await this.#setLabel(draft))) this.send({ kind: 'saved', before });
  }

  async undoLabel(): Promise<void> {
    const { before } = this.#state();
    if (before && (await this.#setLabel(before))) this.send({ kind: 'undone' });
  }

  async setList(name: string, isMember: boolean): Promise<boolean> {
    const feature = this.#state().host?.feature;
    return feature ? this.services.setList(name, [feature], isMember) : false;
  }

  async startBlind(): Promise<void> {
    const state = this.#state();
    const feature = state.host?.feature;
    if (!feature) return;
    const labelText = state.content?.label?.text ?? '';
    await this.#tried(async () => {
      const test = await this.#host.request(cardStartBlindTest, { feature });
      this.send({ kind: 'blindStarted', test, labelText });
    });
  }

  async judge(): Promise<void> {
    const { host, blind } = this.#state();
    const guesses = blind?.guesses.filter((guess) => guess !== undefined) ?? [];
    if (!host?.feature || !blind || guesses.length < blind.guesses.length) return;
    const { test, labelText } = blind;
    const params = { feature: host.feature, seed: test.seed, labelText, guesses };
    await this.#tried(async () => {
      const result = await this.#host.request(cardJudgeBlindTest, params);
      this.send({ kind: 'judged', result });
    });
  }

  async saveMarkdown(): Promise<void> {
    const { content } = this.#state();
    if (!content) return;
    const bytes = new TextEncoder().encode(cardMarkdown(content));
    await this.services.saveFile(`${fileName(content)}.md`, bytes.buffer);
  }

  copyMarkdown(): void {
    const { content } = this.#state();
    if (content) this.services.copyText(cardMarkdown(content), 'Card copied as Markdown.');
  }

  async saveSheet(): Promise<void> {
    const { content, looks } = this.#state();
    if (!content) return;
    await this.#tried(async () => {
      const bytes = await cardSheet(content, looks);
      await this.services.saveFile(`${fileName(content)}.png`, bytes);
    });
  }

  async #setLabel({ text, note }: Draft): Promise<boolean> {
    const feature = this.#state().host?.feature;
    if (!feature) return false;
    const params = { feature, text: text.trim(), note: note.trim() };
    return ask(this.#host, cardSetLabel, params, this.#told);
  }

  async #tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#told.failed(FeaturescopeError.from(error).message);
    }
  }
}

const fileName = (feature: FeatureRef): string => featureName(feature).replaceAll(/[^\w.]+/g, '-');
