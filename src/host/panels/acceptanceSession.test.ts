import assert from 'node:assert/strict';
import { aReport, aSae, acceptanceRef } from '../../../test/support/acceptanceFixtures.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { describeModel, type ModelDescription } from '../../protocol/engine.ts';
import { cancelled, FeaturescopeError } from '../../protocol/errors.ts';
import {
  type AcceptanceRecord,
  acceptSaeOnPrompts,
  listSaes,
  readAcceptance,
  type SaeEntry,
} from '../../protocol/saes.ts';
import { Report } from '../report.ts';
import { AcceptanceSession } from './acceptanceSession.ts';

const settings = { prompts: ['a', 'b'], seed: 1, steps: 2, guidanceScale: 3 };

function make(kept: AcceptanceRecord | null = null) {
  const world = {
    saes: [aSae()] as SaeEntry[],
    asked: [] as unknown[],
    /** What the run does until it is told to end. */
    end: undefined as ((error?: FeaturescopeError) => void) | undefined,
  };
  const engine = new Dispatcher();
  engine.handle(
    describeModel,
    () =>
      ({ title: 'Mini', limits: {}, defaults: { steps: 4, guidanceScale: 5 } }) as ModelDescription,
  );
  engine.handle(listSaes, () => ({ saes: world.saes, broken: [], dir: '' }));
  engine.handle(readAcceptance, () => kept);
  engine.handle(acceptSaeOnPrompts, (params, { signal, progress }) => {
    world.asked.push(params);
    progress({ phase: 'pictures', donePictures: 1, totalPictures: 2 });
    return new Promise((resolve, reject) => {
      world.end = (error) => {
        if (error) reject(error);
        else resolve(aReport({ createdAt: 'now' }));
      };
      signal.addEventListener('abort', () => {
        reject(cancelled());
      });
    });
  });
  const report = new Report({
    isTrusted: () => true,
    log: () => undefined,
    notify: () => Promise.resolve(undefined),
    act: () => undefined,
  });
  let changes = 0;
  const session = new AcceptanceSession(
    acceptanceRef,
    null,
    { engine, report, provider: () => 'cpu' },
    () => changes++,
  );
  return { session, world, changes: () => changes };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('AcceptanceSession', () => {
  it("begins with the last report and its settings, or with the model's own", async () => {
    const fresh = make();
    await fresh.session.load();
    const { state } = fresh.session;
    assert.equal(state.report, null);
    assert.equal(state.settings?.steps, 4);
    assert.equal(state.settings.prompts.length, 8);
    assert.ok(fresh.changes() > 0);
    const judged = make(aReport());
    await judged.session.load();
    assert.deepEqual(judged.session.state.settings, aReport().settings);
    assert.equal(judged.session.state.report?.verdict.status, 'accepted');
  });

  it('runs once at a time, says how far it is, and keeps what came of it', async () => {
    const { session, world } = make();
    await session.load();
    const running = session.run(settings);
    await turn();
    void session.run({ ...settings, seed: 9 });
    assert.deepEqual(session.state.status, {
      ...{ kind: 'running', phase: 'Picture 2 of 2', fraction: 0.35 },
    });
    world.end?.();
    await running;
    assert.deepEqual(world.asked, [{ ...acceptanceRef, settings, provider: 'cpu' }]);
    assert.equal(session.state.report?.createdAt, 'now');
    assert.deepEqual(session.state.status, { kind: 'idle' });
    assert.deepEqual(session.state.settings, settings);
  });

  it('a cancel ends the run without a problem, a failure with one that the next run takes away', async () => {
    const { session, world } = make();
    await session.load();
    const first = session.run(settings);
    await turn();
    session.cancel();
    await first;
    assert.deepEqual([session.state.status.kind, session.state.problem], ['idle', null]);
    const second = session.run(settings);
    await turn();
    world.end?.(new FeaturescopeError('closed', 'The engine ended.'));
    await second;
    assert.equal(session.state.problem?.cause, 'The engine ended.');
    void session.run(settings);
    assert.equal(session.state.problem, null);
    session.cancel();
  });

  it('knows when its SAE was removed, and when it is back', async () => {
    const { session, world } = make();
    world.saes = [];
    await session.load();
    assert.deepEqual([session.state.sae, session.state.isGone], [null, true]);
    world.saes = [aSae()];
    await session.load();
    assert.deepEqual([session.state.sae?.block, session.state.isGone], ['mid.0', false]);
  });
});
