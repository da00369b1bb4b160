import { setTimeout as delay } from 'node:timers/promises';
import { cancelled, FeaturescopeError } from '../../protocol/errors.ts';
import type { LogRecord } from '../../protocol/log.ts';
import type { Provider } from '../../protocol/provider.ts';
import type { RequestDefinition } from '../../protocol/request.ts';
import {
  allocateTensor,
  createSession,
  holdTensors,
  readTensors,
  releaseSession,
  releaseTensors,
  runnerHello,
  runnerStatus,
  type RunResult,
  runSession,
  type SessionInfo,
  type ValueInfo,
  writeTensor,
} from '../../protocol/runner.ts';
import { isHandle, type TensorHandle, type TensorValue } from '../../protocol/tensors.ts';
import { type ChildProcess, startChild } from '../../processes/childProcess.ts';
import { CrashBudget } from '../../processes/crashBudget.ts';
import { checkFeeds } from './checkFeeds.ts';
import { onProvider } from './onProvider.ts';
import type { Ort, OrtSession, ResidentTensors, RunnerGauge } from './ort.ts';

/**
 * A runner that has not answered a cancel after this long blocks in native code and is killed, with all that it holds.
 * What took long to load is given longer, a quarter of that time: it would have to be loaded again, and a large model's
 * segment ends by itself in a few seconds.
 */
const cancelGraceMs = { least: 1000, most: 10_000, ofLoading: 1 / 4 };

/**
 * NVIDIA's libraries round float32 to TF32 (10 bits of mantissa) before they multiply, unless this is 0. ONNX Runtime's
 * own option for it cannot be reached from Node.
 */
export const tf32Override = process.env['NVIDIA_TF32_OVERRIDE'] ?? '0';

/** Elements of one message: above a batch of SDXL's size (4,096 x 1,280), which goes in one. */
const partSize = 2 ** 23;

/** A runner that blocks in a run answers nothing. */
const statusLimitMs = 300;

export interface OrtOptions {
  readonly runnerPath: string;
  readonly onLog?: (record: LogRecord) => void;
  /** Its runs give way to what a person waits for, wherever processor time is short. */
  readonly isBackground?: boolean;
  /** Loading a graph and each run end after so long on a graphics card; default: five minutes. */
  readonly providerLimitMs?: number;
  /** Variables of each child; asked for when it is started. */
  readonly environment?: () => Readonly<Record<string, string>>;
}

/** A loaded graph, and what computes it. */
interface Part extends SessionInfo {
  readonly provider: Provider;
}

/**
 * Sessions in a child process, started on first use. A crash rejects what was running with `internal` and its last
 * native lines; nothing is replayed. After three crashes in three minutes every call fails until `stop()`.
 */
export function createOrt({
  runnerPath,
  onLog = () => undefined,
  isBackground = false,
  providerLimitMs = 300_000,
  environment = () => ({}),
}: OrtOptions): Ort & ResidentTensors & RunnerGauge {
  const budget = new CrashBudget();
  let runner: ChildProcess | undefined;
  let givenUp: FeaturescopeError | undefined;
  const crashes = new WeakMap<ChildProcess, FeaturescopeError>();
  const stopping = new WeakSet<ChildProcess>();
  const homes = new WeakMap<OrtSession, { home: ChildProcess; parts: readonly Part[] }>();
  /** How long it took to load what each runner holds. */
  const loadMs = new WeakMap<ChildProcess, number>();
  let version: string | undefined;

  function live(): ChildProcess {
    if (givenUp) throw givenUp;
    if (runner) return runner;
    const started = startChild({
      path: runnerPath,
      title: 'The inference process',
      isBackground,
      env: { NVIDIA_TF32_OVERRIDE: tf32Override, ...environment() },
      onNativeLine: (text) => {
        onLog({ level: 'warn', room: 'native', text });
      },
    });
    onLog({ level: 'info', room: 'runner', text: `started, pid ${String(started.pid)}` });
    runner = started;
    void started.ended.then((how) => {
      if (runner === started) runner = undefined;
      if (stopping.has(started)) return;
      const crash = crashOf(how, started.lastLines);
      crashes.set(started, crash);
      onLog({ level: 'error', room: 'runner', text: crash.message });
      if (budget.spend()) givenUp = gaveUp(crash);
    });
    return started;
  }

  /** Sends a request; a cancel that stays unanswered kills the runner, which is not a crash. */
  async function send<P, R, G>(
    to: ChildProcess,
    definition: RequestDefinition<P, R, G>,
    params: P,
    signal?: AbortSignal,
  ): Promise<R> {
    let timer: NodeJS.Timeout | undefined;
    const onAbort = (): void => {
      timer = setTimeout(
        () => {
          onLog({ level: 'info', room: 'runner', text: 'killed: a run did not answer its cancel' });
          kill(to);
        },
        graceOf(loadMs.get(to) ?? 0),
      );
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await to.connection.request(definition, params, { signal });
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      if (error instanceof FeaturescopeError && error.code === 'closed') {
        await to.ended;
        throw crashes.get(to) ?? error;
      }
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Large values go in parts: to copy 168 MB into one message keeps this process from answering for 120 ms. */
  async function hold(
    home: ChildProcess,
    value: TensorValue,
    signal?: AbortSignal,
  ): Promise<TensorHandle> {
    const { dims, data } = value;
    if (!(data instanceof Float32Array) || data.length <= partSize) {
      const { handles } = await send(home, holdTensors, { tensors: [value] }, signal);
      return handles[0]!;
    }
    const { handle } = await send(home, allocateTensor, { dims }, signal);
    try {
      for (let from = 0; from < data.length; from += partSize) {
        const part = data.subarray(from, from + partSize);
        await send(home, writeTensor, { tensor: handle, from, data: part }, signal);
      }
      return handle;
    } catch (error) {
      await send(home, releaseTensors, { handles: [handle.handle] }).catch(() => undefined);
      throw error;
    }
  }

  function kill(process: ChildProcess): void {
    stopping.add(process);
    if (runner === process) runner = undefined;
    process.kill();
  }

  function sessionOf(home: ChildProcess, parts: readonly Part[]): OrtSession {
    const inputs = inputsOf(parts);
    const provider = parts.find((part) => part.provider !== 'cpu')?.provider ?? 'cpu';
    let isReleased = false;
    const throwIfGone = (): void => {
      if (runner !== home || isReleased) throw crashes.get(home) ?? unloaded();
    };
    const session: OrtSession = {
      inputs,
      outputs: parts.flatMap(({ outputs }) => outputs),
      loadMs: parts.reduce((sum, part) => sum + part.loadMs, 0),
      get isAlive() {
        return !isReleased && runner === home;
      },
      run: async (feeds, fetches, signal) => {
        throwIfGone();
        checkFeeds(inputs, feeds);
        const params = { sessionIds: parts.map(({ sessionId }) => sessionId), feeds, fetches };
        const result = await onProvider(provider, providerLimitMs, signal, (bounded) =>
          send(home, runSession, params, bounded),
        );
        if (!signal?.aborted) return result;
        await send(home, releaseTensors, { handles: handlesOf(result) });
        throw cancelled();
      },
      release: async () => {
        if (isReleased || runner !== home) return;
        isReleased = true;
        for (const { sessionId, loadMs: ms } of parts) {
          loadMs.set(home, (loadMs.get(home) ?? 0) - ms);
          await send(home, releaseSession, { sessionId });
        }
      },
    };
    homes.set(session, { home, parts });
    return session;
  }

  return {
    createSession: async (params, signal) => {
      const home = live();
      const { defaults = {}, provider } = params;
      const info = await onProvider(provider, providerLimitMs, signal, (bounded) =>
        send(home, createSession, params, bounded),
      );
      loadMs.set(home, (loadMs.get(home) ?? 0) + info.loadMs);
      const given = info.inputs.filter(({ isOptional }) => isOptional);
      checkFeeds(
        given,
        Object.fromEntries(
          Object.entries(defaults).filter(([name]) => given.some((input) => input.name === name)),
        ),
      );
      return sessionOf(home, [{ ...info, provider }]);
    },
    chain: (sessions) => {
      const [first, ...others] = sessions.map((session) => homes.get(session));
      if (!first || others.some((other) => other?.home !== first.home)) throw unloaded();
      return sessionOf(
        first.home,
        [first, ...others].flatMap((other) => other?.parts ?? []),
      );
    },
    releaseTensors: async (handles) => {
      if (runner && handles.length > 0) await send(runner, releaseTensors, { handles });
    },
    holdTensors: async (tensors, signal) => {
      const home = live();
      const handles: TensorHandle[] = [];
      for (const value of tensors) handles.push(await hold(home, value, signal));
      return handles;
    },
    readTensors: async (handles, signal) => {
      if (!runner) throw givenUp ?? unloaded();
      return (await send(runner, readTensors, { handles }, signal)).tensors;
    },
    version: async () => (version ??= (await send(live(), runnerHello, {})).ortVersion),
    status: async () => {
      if (!runner) return null;
      const asked = runner.connection.request(runnerStatus, null).catch(() => null);
      const limit = new AbortController();
      const late = delay(statusLimitMs, 'working' as const, { signal: limit.signal });
      late.catch(() => undefined);
      try {
        return await Promise.race([asked, late]);
      } finally {
        limit.abort();
      }
    },
    stop: async () => {
      givenUp = undefined;
      budget.reset();
      const process = runner;
      runner = undefined;
      if (!process) return;
      stopping.add(process);
      await process.stop('The engine stopped the inference process.');
    },
  };
}

/** @param loadMs how long it took to load what would be lost */
export const graceOf = (loadMs: number): number =>
  Math.min(cancelGraceMs.most, Math.max(cancelGraceMs.least, loadMs * cancelGraceMs.ofLoading));

const handlesOf = ({ outputs }: RunResult): number[] =>
  Object.values(outputs)
    .filter(isHandle)
    .map(({ handle }) => handle);

/** What the first to last of a chain do not make for each other. */
function inputsOf(parts: readonly SessionInfo[]): readonly ValueInfo[] {
  const made = new Set<string>();
  const inputs = new Map<string, ValueInfo>();
  for (const part of parts) {
    for (const input of part.inputs) if (!made.has(input.name)) inputs.set(input.name, input);
    for (const { name } of part.outputs) made.add(name);
  }
  return [...inputs.values()];
}

function crashOf(how: string, lines: readonly string[]): FeaturescopeError {
  // Nothing of ours sends this signal to a runner that is at work.
  const why =
    how === 'signal SIGKILL'
      ? ' Systems end programs so when memory runs out: a smaller picture, or guidance 0, needs less.'
      : '';
  return new FeaturescopeError(
    'internal',
    `The inference process ended unexpectedly (${how}).${why}`,
    { detail: lines.join('\n') },
  );
}

const unloaded = (): FeaturescopeError =>
  new FeaturescopeError('closed', 'The model was unloaded; run again to load it.');

function gaveUp(last: FeaturescopeError): FeaturescopeError {
  return new FeaturescopeError(
    'internal',
    'The inference process crashed three times in three minutes and is not started again until the engine is restarted.',
    { detail: `${last.message}\n${last.detail ?? ''}` },
  );
}
