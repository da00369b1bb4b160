import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { ChildProcess } from '../../processes/childProcess.ts';
import { connect, type Connection } from '../../protocol/connection.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { describeModel, hello, protocolVersion } from '../../protocol/engine.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { messagePipe } from '../../../test/support/messagePipe.ts';
import { EngineSupervisor, type SupervisorOptions } from './engineSupervisor.ts';

/** An engine in this process: answers hello, and `model/describe` when the test says so. */
class FakeEngine implements ChildProcess {
  readonly pid = 1;
  readonly lastLines: string[] = [];
  readonly connection: Connection;
  readonly ended: Promise<string>;
  readonly stops: string[] = [];
  isAborted = false;
  #end: (how: string) => void = () => undefined;

  constructor(answer: () => Promise<number> = () => Promise.resolve(protocolVersion)) {
    const [ours, theirs] = messagePipe();
    const dispatcher = new Dispatcher();
    dispatcher.handle(hello, async () => ({
      protocolVersion: await answer(),
      versions: { featurescope: '0.0.0', onnxruntime: '0' },
      nodeVersion: 'v0',
    }));
    dispatcher.handle(describeModel, async (_, { signal }) => {
      signal.addEventListener('abort', () => (this.isAborted = true));
      await new Promise(() => undefined);
      throw new Error('never');
    });
    connect(theirs.reader, theirs.writer, { dispatcher });
    this.connection = connect(ours.reader, ours.writer);
    this.ended = new Promise<string>((resolve) => (this.#end = resolve)).then((how) => {
      this.connection.dispose(`The engine ended unexpectedly (${how}).`);
      return how;
    });
  }

  die(how: string): void {
    this.#end(how);
  }

  kill(): void {
    this.#end('signal SIGKILL');
  }

  async stop(reason: string): Promise<void> {
    this.stops.push(reason);
    this.connection.dispose(reason);
    this.#end('exit code 0');
    await this.ended;
  }
}

function supervise(
  engines: FakeEngine[],
  extra: Partial<Pick<SupervisorOptions, 'start' | 'helloLimitMs' | 'hasWork'>> = {},
) {
  const started: FakeEngine[] = [];
  const states: string[] = [];
  const clock = { nowMs: 0, refusal: undefined as FeaturescopeError | undefined };
  const supervisor = new EngineSupervisor({
    start: () => {
      const engine = engines.shift();
      if (!engine) throw new Error('no engine left');
      started.push(engine);
      return engine;
    },
    refusal: () => clock.refusal,
    onState: ({ kind }) => states.push(kind),
    onProcess: () => undefined,
    onLog: () => undefined,
    now: () => clock.nowMs,
    ...extra,
  });
  return { supervisor, started, states, clock };
}

/** A request that only ends with the engine. */
const endless = (supervisor: EngineSupervisor, signal?: AbortSignal) =>
  supervisor.request(describeModel, { modelDir: '' }, { signal });

const closedWith = (pattern: RegExp) => (error: unknown) => {
  assert(error instanceof FeaturescopeError);
  assert.equal(error.code, 'closed');
  assert.match(error.message, pattern);
  return true;
};

/** Lets messages cross a few times. */
async function settle(): Promise<void> {
  for (let turnIndex = 0; turnIndex < 10; turnIndex++) await turn();
}

describe('EngineSupervisor', () => {
  it('starts nothing until the first request, then one engine for all', async () => {
    const { supervisor, started, states } = supervise([new FakeEngine()]);
    assert.equal(started.length, 0);
    const first = endless(supervisor).catch(() => undefined);
    const second = endless(supervisor).catch(() => undefined);
    await settle();
    assert.equal(started.length, 1);
    assert.deepEqual(supervisor.state, { kind: 'busy', requestCount: 2 });
    assert.deepEqual(states, ['starting', 'ready', 'busy', 'busy']);
    await supervisor.stop();
    await Promise.all([first, second]);
  });

  it('lets no engine live that was stopped before it was there', async () => {
    const engine = new FakeEngine();
    const { supervisor } = supervise([], { start: () => turn().then(() => engine) });
    const request = endless(supervisor);
    await Promise.all([assert.rejects(request, closedWith(/was stopped/)), supervisor.stop()]);
    assert.deepEqual(engine.stops, ['The engine was stopped.']);
    assert.deepEqual(supervisor.state, { kind: 'stopped' });
  });

  it('fails what was in flight when the engine dies, does not replay it, and starts a new one', async () => {
    const { supervisor, started } = supervise([new FakeEngine(), new FakeEngine()]);
    const request = endless(supervisor);
    await settle();
    started[0]?.die('signal SIGKILL');
    await assert.rejects(request, closedWith(/ended unexpectedly \(signal SIGKILL\)/));
    assert.equal(supervisor.state.kind, 'crashed');
    assert.equal(started.length, 1);
    const next = endless(supervisor);
    await settle();
    assert.equal(supervisor.state.kind, 'busy');
    assert.equal(started.length, 2);
    await Promise.all([supervisor.stop(), assert.rejects(next, closedWith(/was stopped/))]);
  });

  it('gives up after three crashes in three minutes, with the last native lines, until restarted', async () => {
    const { supervisor, started } = supervise([1, 2, 3, 4].map(() => new FakeEngine()));
    for (let crashIndex = 0; crashIndex < 3; crashIndex++) {
      const request = endless(supervisor);
      await settle();
      started[crashIndex]?.lastLines.push(`native ${String(crashIndex)}`);
      started[crashIndex]?.die('signal SIGABRT');
      await assert.rejects(request, closedWith(/SIGABRT/));
    }
    await settle();
    assert.equal(supervisor.state.kind, 'givenUp');
    assert.deepEqual(supervisor.state.lastLines, ['native 2']);
    await assert.rejects(endless(supervisor), closedWith(/third time/));
    assert.equal(started.length, 3);
    await supervisor.restart();
    assert.deepEqual(supervisor.state, { kind: 'ready' });
    await supervisor.stop();
  });

  it('keeps trying when crashes are far apart', async () => {
    const { supervisor, started, clock } = supervise([1, 2, 3, 4].map(() => new FakeEngine()));
    for (let crashIndex = 0; crashIndex < 4; crashIndex++) {
      clock.nowMs += 2 * 60_000;
      const request = endless(supervisor);
      await settle();
      started[crashIndex]?.die('exit code 1');
      await assert.rejects(request, closedWith(/exit code 1/));
      await settle();
      assert.equal(supervisor.state.kind, 'crashed');
    }
  });

  it('counts a death before the greeting as a crash', async () => {
    const silent = new FakeEngine(() => new Promise(() => undefined));
    const { supervisor } = supervise([silent]);
    const request = endless(supervisor);
    await settle();
    silent.die('exit code 9');
    await assert.rejects(request, closedWith(/exit code 9/));
    assert.equal(supervisor.state.kind, 'crashed');
  });

  it('ends an engine that does not answer', async () => {
    const silent = new FakeEngine(() => new Promise(() => undefined));
    const { supervisor } = supervise([silent], { helloLimitMs: 5 });
    await assert.rejects(endless(supervisor), closedWith(/did not answer/));
    assert.equal(silent.stops.length, 1);
    assert.equal(supervisor.state.kind, 'crashed');
  });

  it('names both numbers when the protocols differ, and does not try again', async () => {
    const other = new FakeEngine(() => Promise.resolve(protocolVersion + 41));
    const { supervisor, started } = supervise([other]);
    await assert.rejects(endless(supervisor), (error: unknown) => {
      assert(error instanceof FeaturescopeError);
      assert.equal(error.code, 'protocol');
      assert.match(
        error.message,
        new RegExp(`${String(protocolVersion + 41)}.*${String(protocolVersion)}`),
      );
      return true;
    });
    assert.equal(supervisor.state.kind, 'givenUp');
    assert.equal(other.stops.length, 1);
    await assert.rejects(endless(supervisor));
    assert.equal(started.length, 1);
  });

  it('refuses while it may not run, without starting anything', async () => {
    const { supervisor, started, clock } = supervise([new FakeEngine()]);
    clock.refusal = new FeaturescopeError('closed', 'not trusted');
    await assert.rejects(endless(supervisor), closedWith(/not trusted/));
    assert.equal(started.length, 0);
    assert.equal(supervisor.state.kind, 'stopped');
  });

  it('says so when the process cannot even be created', async () => {
    const { supervisor } = supervise([]);
    await assert.rejects(endless(supervisor), closedWith(/could not be started: no engine left/));
    assert.equal(supervisor.state.kind, 'crashed');
  });

  it('cancels across the wire', async () => {
    const engine = new FakeEngine();
    const { supervisor } = supervise([engine]);
    const controller = new AbortController();
    void endless(supervisor, controller.signal).catch(() => undefined);
    await settle();
    controller.abort();
    await settle();
    assert.equal(engine.isAborted, true);
    await supervisor.stop();
  });

  it('renews an idle engine at once and a busy one when it is done', async () => {
    const engines = [new FakeEngine(), new FakeEngine()];
    const { supervisor, started } = supervise([...engines]);
    const kind = () => supervisor.state.kind;
    await supervisor.restart();
    await supervisor.renewWhenIdle();
    assert.equal(kind(), 'stopped');
    assert.equal(engines[0]?.stops.length, 1);
    const request = endless(supervisor).catch(() => undefined);
    await settle();
    await supervisor.renewWhenIdle();
    assert.equal(kind(), 'busy');
    started[1]?.connection.dispose('test is over');
    await request;
    await settle();
    assert.equal(kind(), 'stopped');
    assert.equal(engines[1]?.stops.length, 1);
  });

  it('keeps an engine with old settings for as long as it has jobs', async () => {
    let hasWork = true;
    const engine = new FakeEngine();
    const { supervisor } = supervise([engine], { hasWork: () => hasWork });
    await supervisor.restart();
    await supervisor.renewWhenIdle();
    await supervisor.renewIfStale();
    assert.equal(supervisor.state.kind, 'ready');
    hasWork = false;
    await supervisor.renewIfStale();
    assert.equal(supervisor.state.kind, 'stopped');
    assert.equal(engine.stops.length, 1);
  });
});
