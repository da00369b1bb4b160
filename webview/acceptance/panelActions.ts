import {
  acceptanceAct,
  acceptanceCancel,
  type AcceptanceCommand,
  acceptanceCommand,
  acceptanceCopyText,
  acceptanceRun,
  acceptanceSaveText,
} from '../../src/protocol/acceptancePanel.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import type { Caller, RequestDefinition } from '../../src/protocol/request.ts';
import type { ProblemAction } from '../../src/protocol/resultPanel.ts';
import { checkDraft, type Draft } from './draft.ts';
import { csvOf, markdownOf } from './reportText.ts';
import type { PanelEvent, PanelState } from './state.ts';

/** What a person can do in the panel; the view calls these and nothing else. */
export class PanelActions {
  readonly #host: Caller;
  readonly #state: () => PanelState;
  readonly #send: (event: PanelEvent) => void;

  constructor(host: Caller, state: () => PanelState, send: (event: PanelEvent) => void) {
    this.#host = host;
    this.#state = state;
    this.#send = send;
  }

  write(change: Partial<Draft>): void {
    const { draft } = this.#state();
    if (draft) this.#send({ kind: 'written', draft: { ...draft, ...change } });
  }

  /** Nothing while something in the form is wrong: it says what. */
  run(): void {
    const { host, draft } = this.#state();
    if (!host?.model || !draft || host.status.kind === 'running') return;
    const { settings } = checkDraft(draft, host.model.limits);
    if (settings) void this.#ask(acceptanceRun, { settings });
  }

  cancel(): void {
    if (this.#state().host?.status.kind === 'running') void this.#ask(acceptanceCancel, null);
  }

  act(action: ProblemAction | 'showLog'): void {
    void this.#ask(acceptanceAct, { action });
  }

  command(command: AcceptanceCommand): void {
    void this.#ask(acceptanceCommand, { command });
  }

  copyCsv(): void {
    this.#copy(csvOf, 'Copied as CSV.');
  }

  copyMarkdown(): void {
    this.#copy(markdownOf, 'Copied as Markdown.');
  }

  save(): void {
    const { report } = this.#state().host ?? {};
    if (!report) return;
    const name = `sae-report-${report.saeId}.md`;
    void this.#ask(acceptanceSaveText, { name, text: markdownOf(report) });
  }

  #copy(textOf: typeof csvOf, done: string): void {
    const { report } = this.#state().host ?? {};
    if (report) void this.#ask(acceptanceCopyText, { text: textOf(report) }, done);
  }

  /** Says what came of a request; what was cancelled was meant to be. */
  async #ask<Params>(
    definition: RequestDefinition<Params, null, never>,
    params: Params,
    done?: string,
  ): Promise<void> {
    try {
      await this.#host.request(definition, params);
      if (done !== undefined) this.#send({ kind: 'said', text: done });
    } catch (error) {
      const { code, message } = FeaturescopeError.from(error);
      if (code !== 'cancelled') this.#send({ kind: 'failed', cause: message });
    }
  }
}
