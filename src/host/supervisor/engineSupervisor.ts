import { setTimeout as delay } from 'node:timers/promises';
import type { ChildProcess } from '../../processes/childProcess.ts';
import { CrashBudget } from '../../processes/crashBudget.ts';
import { hello, protocolVersion } from '../../protocol/engine.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import type { LogRecord } from '../../protocol/log.ts';
import type { CallOptions, Caller, RequestDefinition } from '../../protocol/request.ts';
import type { EngineState } from './engineState.ts';

/** Loading the engine takes under a second; one that says nothing for this long has hung. */
const helloLimitMs = 30_000;

export interface SupervisorOptions {
  /** The code that starts it is loaded when it is first needed. */
  readonly start: () => ChildProcess | Promise<ChildProcess>;
  /** Why the engine may not run now (Restricted Mode), or undefined. */
  readonly refusal: () => FeaturescopeError | undefined;
  readonly onState: (state: EngineState) => void;
  /** Called for every new engine before its first request: subscribe to its notifications here. */
  readonly onProcess: (process: ChildProcess) => void;
  readonly onLog: (record: LogRecord) => void;
  /** Work that no request waits for: jobs. */
  readonly hasWork?: () => boolean;
  readonly now?: () => number;
  readonly helloLimitMs?: number;
}

/**
 * Owns the engine: starts it for the first request, counts its crashes and ends it. A request that was in flight when
 * the engine ended fails with `closed` and is never sent again.
 */
export class EngineSupervisor implements Caller {
  readonly #options: SupervisorOptions;
  readonly #budget: CrashBudget;
  #state: EngineState = { kind: 'stopped' };
  #process: ChildProcess | undefined;
  #ready: Promise<ChildProcess> | undefined;
  /** Which start is the current one: a stop may come before its process is there. */
  #startId = 0;
  #requestCount = 0;
  #isStale = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#budget = new CrashBudget(options.now ?? Date.now);
  }

  get state(): EngineState {
    return this.#state;
  }

  async request<Params, Result, Progress>(
    definition: RequestDefinition<Params, Result, Progress>,
    params: Params,
    options?: CallOptions<Progress>,
  ): Promise<Result> {
    const process = await this.#live();
    this.#count(process, 1);
    try {
      return await process.connection.request(definition, params, options);
    } finally {
      this.#count(process, -1);
    }
  }

  /** Ends what runs, forgets earlier crashes and starts anew. */
  async restart(): Promise<void> {
    await this.stop('The engine was restarted.');
    this.#budget.reset();
    await this.#live();
  }

  async stop(reason = 'The engine was stopped.'): Promise<void> {
    const process = this.#process;
    this.#forget();
    this.#enter({ kind: 'stopped' });
    await process?.stop(reason);
  }

  /** For settings that the engine reads only at its start: a new one takes over when nothing runs. */
  async renewWhenIdle(): Promise<void> {
    if (!this.#process) return;
    const isWorking = this.#requestCount > 0 || this.#options.hasWork?.() === true;
    if (isWorking || this.#state.kind === 'starting') this.#isStale = true;
    else await this.stop('The engine was stopped because its settings changed.');
  }

  /** What kept an engine with old settings going has ended. */
  async renewIfStale(): Promise<void> {
    if (this.#isStale) await this.renewWhenIdle();
  }

  async #live(): Promise<ChildProcess> {
    const refusal = this.#options.refusal();
    if (refusal) throw refusal;
    if (this.#state.kind === 'givenUp') throw new FeaturescopeError('closed', this.#state.reason);
    this.#ready ??= this.#start();
    return this.#ready;
  }

  async #start(): Promise<ChildProcess> {
    this.#enter({ kind: 'starting' });
    const startId = ++this.#startId;
    const process = await this.#launch();
    if (startId !== this.#startId) {
      await process.stop('The engine was stopped.');
      throw new FeaturescopeError('closed', 'The engine was stopped while it was starting.');
    }
    this.#process = process;
    this.#log('info', `started, pid ${String(process.pid)}`);
    this.#options.onProcess(process);
    void process.ended.then((how) => {
      this.#crash(process, `The engine ended unexpectedly (${how}).`);
    });
    try {
      await this.#greet(process);
    } catch (thrown) {
      const error = FeaturescopeError.from(thrown);
      if (error.code === 'protocol') this.#giveUp(process, error.message);
      else this.#crash(process, error.message);
      void process.stop(error.message);
      throw error;
    }
    if (this.#process === process) this.#enter({ kind: 'ready' });
    return process;
  }

  async #launch(): Promise<ChildProcess> {
    const startId = this.#startId;
    try {
      return await this.#options.start();
    } catch (thrown) {
      const { message } = FeaturescopeError.from(thrown);
      if (startId === this.#startId) {
        this.#forget();
        this.#enter({ kind: 'crashed', reason: `The engine could not be started: ${message}` });
      }
      throw new FeaturescopeError('closed', `The engine could not be started: ${message}`);
    }
  }

  async #greet(process: ChildProcess): Promise<void> {
    const limit = new AbortController();
    const tooLate = delay(this.#options.helloLimitMs ?? helloLimitMs, undefined, {
      signal: limit.signal,
    }).then(() => {
      throw new FeaturescopeError('closed', 'The engine did not answer when it was started.');
    });
    try {
      const asked = process.connection.request(hello, { protocolVersion });
      const answer = await Promise.race([asked, tooLate]);
      if (answer.protocolVersion !== protocolVersion) throw mismatch(answer.protocolVersion);
      const { featurescope, onnxruntime } = answer.versions;
      this.#log('info', `Featurescope ${featurescope}, ONNX Runtime ${onnxruntime}`);
    } finally {
      limit.abort();
      tooLate.catch(() => undefined);
    }
  }

  #crash(process: ChildProcess, reason: string): void {
    if (this.#process !== process) return;
    this.#log('error', [reason, ...process.lastLines].join('\n'));
    if (this.#budget.spend()) {
      this.#giveUp(process, `${reason} It was the third time within three minutes.`);
      return;
    }
    this.#forget();
    this.#enter({ kind: 'crashed', reason });
  }

  #giveUp(process: ChildProcess, reason: string): void {
    if (this.#process !== process) return;
    this.#forget();
    this.#enter({ kind: 'givenUp', reason, lastLines: process.lastLines });
  }

  #forget(): void {
    this.#startId++;
    this.#process = undefined;
    this.#ready = undefined;
    this.#requestCount = 0;
    this.#isStale = false;
  }

  #count(process: ChildProcess, change: 1 | -1): void {
    if (this.#process !== process) return;
    this.#requestCount += change;
    const requestCount = this.#requestCount;
    this.#enter(requestCount > 0 ? { kind: 'busy', requestCount } : { kind: 'ready' });
    if (requestCount === 0) void this.renewIfStale();
  }

  #enter(state: EngineState): void {
    this.#state = state;
    this.#options.onState(state);
  }

  #log(level: LogRecord['level'], text: string): void {
    this.#options.onLog({ level, room: 'supervisor', text });
  }
}

function mismatch(theirs: number): FeaturescopeError {
  return new FeaturescopeError(
    'protocol',
    `The engine speaks protocol ${String(theirs)}, the extension ${String(protocolVersion)}. Reload the window, or install Featurescope again.`,
  );
}
