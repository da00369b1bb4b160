import { defaultAcceptancePrompts } from '../../protocol/acceptancePrompts.ts';
import type { AcceptanceState, AcceptanceStatus } from '../../protocol/acceptancePanel.ts';
import { describeModel } from '../../protocol/engine.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Problem } from '../../protocol/resultPanel.ts';
import {
  type AcceptanceRecord,
  type AcceptanceSettings,
  acceptSaeOnPrompts,
  listSaes,
  readAcceptance,
  type SaeEntry,
} from '../../protocol/saes.ts';
import type { Report } from '../report.ts';
import { acceptanceProgress } from './acceptanceProgress.ts';

export interface AcceptanceSessionPorts {
  readonly engine: Caller;
  readonly report: Report;
  readonly provider: () => ProviderWish;
}

/** Which SAE of which model a report is about. */
export interface SaeRef {
  readonly modelDir: string;
  readonly saeId: string;
}

/** What the acceptance report of one SAE holds and does; it knows nothing of windows. */
export class AcceptanceSession {
  readonly ref: SaeRef;
  readonly #ports: AcceptanceSessionPorts;
  readonly #onChange: () => void;
  #sae: SaeEntry | null = null;
  #isGone = false;
  #model: AcceptanceState['model'] = null;
  #settings: AcceptanceSettings | null;
  #record: AcceptanceRecord | null = null;
  #status: AcceptanceStatus = { kind: 'idle' };
  #problem: Problem | null = null;
  #running: AbortController | undefined;

  constructor(
    ref: SaeRef,
    settings: AcceptanceSettings | null,
    ports: AcceptanceSessionPorts,
    onChange: () => void,
  ) {
    this.ref = ref;
    this.#settings = settings;
    this.#ports = ports;
    this.#onChange = onChange;
  }

  get state(): AcceptanceState {
    return {
      sae: this.#sae,
      isGone: this.#isGone,
      model: this.#model,
      settings: this.#settings,
      report: this.#record,
      status: this.#status,
      problem: this.#problem,
    };
  }

  /** Reads the SAE and its last report; also after SAEs changed here or failed to be read. Never rejects. */
  async load(): Promise<void> {
    const { engine } = this.#ports;
    const { modelDir, saeId } = this.ref;
    try {
      const { title, limits, defaults } = await engine.request(describeModel, { modelDir });
      this.#model = { title, limits };
      const { saes } = await engine.request(listSaes, { modelDir });
      this.#sae = saes.find((sae) => sae.saeId === saeId) ?? null;
      this.#isGone = this.#sae === null;
      this.#record = this.#sae && (await engine.request(readAcceptance, this.ref));
      const { steps, guidanceScale } = defaults;
      const ours = { prompts: defaultAcceptancePrompts, seed: 0, steps, guidanceScale };
      this.#settings ??= this.#record?.settings ?? ours;
      if (!this.#running) this.#problem = null;
    } catch (error) {
      this.#problem = this.#ports.report.problem(error) ?? null;
    }
    this.#onChange();
  }

  /** Makes a new report. Never rejects: what went wrong is in the state. */
  async run(settings: AcceptanceSettings): Promise<void> {
    if (this.#running) return;
    const running = new AbortController();
    this.#running = running;
    this.#settings = settings;
    this.#problem = null;
    this.#enter({ kind: 'running', phase: 'Starting', fraction: 0 });
    try {
      this.#record = await this.#ports.engine.request(
        acceptSaeOnPrompts,
        { ...this.ref, settings, provider: this.#ports.provider() },
        {
          signal: running.signal,
          onProgress: (progress) => {
            if (this.#running === running) {
              this.#enter({ kind: 'running', ...acceptanceProgress(progress) });
            }
          },
        },
      );
    } catch (error) {
      this.#problem = this.#ports.report.problem(FeaturescopeError.from(error)) ?? null;
    } finally {
      this.#running = undefined;
      this.#enter({ kind: 'idle' });
    }
  }

  cancel(): void {
    this.#running?.abort();
  }

  #enter(status: AcceptanceStatus): void {
    this.#status = status;
    this.#onChange();
  }
}
