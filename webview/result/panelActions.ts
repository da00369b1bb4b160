import { FeaturescopeError } from '../../src/protocol/errors.ts';
import type { Caller, RequestDefinition } from '../../src/protocol/request.ts';
import {
  resultAct,
  resultCancel,
  resultCopyText,
  resultGenerate,
  resultReveal,
  resultSavePng,
  type ProblemAction,
  type ResultPicture,
} from '../../src/protocol/resultPanel.ts';
import { copyPicture } from '../shared/picture/copyPicture.ts';
import { checkDraft } from './form.ts';
import { freshSeed, type PanelEvent, type PanelState } from './state.ts';

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

  generate(): void {
    this.#generate(1, this.#state().draft?.seed);
  }

  /** One picture, or four, with seeds that were not shown yet. */
  generateFresh(seedCount: number): void {
    this.#generate(seedCount, freshSeed(this.#state())?.toString());
  }

  cancel(): void {
    void this.#ask(resultCancel, null);
  }

  act(action: ProblemAction | 'showLog'): void {
    void this.#ask(resultAct, { action });
  }

  copyText(text: string, what: string): void {
    void this.#ask(resultCopyText, { text }, `${what} copied.`);
  }

  savePng({ pictureId }: ResultPicture): void {
    void this.#ask(resultSavePng, { pictureId });
  }

  reveal({ pictureId }: ResultPicture): void {
    void this.#ask(resultReveal, { pictureId });
  }

  async copyImage({ pictureId }: ResultPicture): Promise<void> {
    const picture = this.#state().pixels[pictureId];
    if (!picture) return;
    try {
      await copyPicture(picture);
      this.send({ kind: 'said', text: 'Picture copied.' });
    } catch (error) {
      const { message } = FeaturescopeError.from(error);
      const cause = `The picture could not be copied: ${message} Save PNG works all the same.`;
      this.send({ kind: 'failed', cause });
    }
  }

  #generate(seedCount: number, seed: string | undefined): void {
    const { host, draft } = this.#state();
    if (!host?.limits || !draft || seed === undefined) return;
    const { form } = checkDraft({ ...draft, seed }, host.limits);
    if (!form) return;
    this.send({ kind: 'sent', form });
    void this.#ask(resultGenerate, { form, seedCount });
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
