import {
  contrastCancel,
  type ContrastFormSide,
  contrastPickRuns,
  contrastPickSet,
  contrastStart,
  contrastTest,
} from '../../src/protocol/contrastPanel.ts';
import type { ContrastRow } from '../../src/protocol/contrast.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import type { Caller } from '../../src/protocol/request.ts';
import { FeatureServices } from '../shared/featureServices.ts';
import { ask, type Told, toldBy } from '../shared/panelAsk.ts';
import { canStart, csvOf, type PanelEvent, type PanelState, shownRows } from './state.ts';

export type SideName = 'left' | 'right';

/** What a person can do in the panel; the view calls these and nothing else. */
export class PanelActions {
  readonly #host: Caller;
  readonly #state: () => PanelState;
  readonly #told: Told;
  readonly send: (event: PanelEvent) => void;
  readonly services: FeatureServices;

  constructor(host: Caller, state: () => PanelState, send: (event: PanelEvent) => void) {
    this.#host = host;
    this.#state = state;
    this.send = send;
    this.#told = toldBy(send);
    this.services = new FeatureServices(host, this.#told);
  }

  setSide(name: SideName, side: ContrastFormSide): void {
    this.send({ kind: 'form', form: { [name]: side } });
  }

  start(): void {
    const state = this.#state();
    if (canStart(state)) void ask(this.#host, contrastStart, state.form, this.#told);
  }

  cancel(): void {
    void ask(this.#host, contrastCancel, null, this.#told);
  }

  async pickRuns(name: SideName): Promise<void> {
    const side = this.#state().form[name];
    const chosen = side.kind === 'runs' ? side.runIds : [];
    try {
      const picked = await this.#host.request(contrastPickRuns, { chosen });
      if (picked) this.setSide(name, { kind: 'runs', runIds: picked.runIds });
    } catch (error) {
      this.#told.failed(FeaturescopeError.from(error).message);
    }
  }

  async pickSet(name: SideName): Promise<void> {
    try {
      const picked = await this.#host.request(contrastPickSet, null);
      const { word } = { word: '', ...this.#state().form[name] };
      if (picked) this.setSide(name, { kind: 'collected', ...picked, word });
    } catch (error) {
      this.#told.failed(FeaturescopeError.from(error).message);
    }
  }

  /** In a picture of the side that has more of it. */
  test({ block, id, measuredOn }: ContrastRow): void {
    const { done } = this.#state();
    if (!done) return;
    const side = done.form[measuredOn.leftMean >= measuredOn.rightMean ? 'left' : 'right'];
    void ask(this.#host, contrastTest, { feature: { block, id }, side }, this.#told);
  }

  copyCsv(): void {
    this.services.copyText(csvOf(shownRows(this.#state())), 'Table copied as CSV.');
  }
}
