import {
  explainAddFiles,
  explainCancel,
  explainChooseFile,
  type ExplainForm,
  explainKeep,
  explainPickControl,
  explainShowRun,
  explainStart,
  explainUseStart,
} from '../../src/protocol/explainPanel.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import type { FeatureRef } from '../../src/protocol/featurePanel.ts';
import type { Caller } from '../../src/protocol/request.ts';
import { FeatureServices } from '../shared/featureServices.ts';
import { ask, type Told, toldBy } from '../shared/panelAsk.ts';
import { csvOf } from './csv.ts';
import type { PanelEvent, PanelState } from './state.ts';

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

  change(form: Partial<ExplainForm>): void {
    this.send({ kind: 'form', form });
  }

  /** With what is in the form, and `change`. */
  start(change: Partial<ExplainForm> = {}): void {
    void ask(this.#host, explainStart, { ...this.#state().form, ...change }, this.#told);
  }

  cancel(): void {
    void ask(this.#host, explainCancel, null, this.#told);
  }

  chooseFile(index: number): void {
    void ask(this.#host, explainChooseFile, { index }, this.#told);
  }

  addFiles(): void {
    void ask(this.#host, explainAddFiles, null, this.#told);
  }

  keep(): void {
    void ask(this.#host, explainKeep, null, this.#told);
  }

  showRun(): void {
    void ask(this.#host, explainShowRun, null, this.#told);
  }

  useStart(): void {
    void ask(this.#host, explainUseStart, null, this.#told, 'Put into a result panel’s form.');
  }

  /** Compares with a picture that the person chooses, at once. */
  async pickControl(): Promise<void> {
    try {
      const picked = await this.#host.request(explainPickControl, null);
      if (picked) this.start({ control: { kind: 'file', path: picked.path } });
    } catch (error) {
      this.#told.failed(FeaturescopeError.from(error).message);
    }
  }

  show(feature: FeatureRef): void {
    this.send({ kind: 'shown', feature });
  }

  copyCsv(): void {
    this.services.copyText(csvOf(this.#state()), 'Table copied as CSV.');
  }
}
