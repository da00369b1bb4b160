import assert from 'node:assert/strict';
import { manifestFor } from '../../../test/support/manifest.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { listRuns, type RunSummary } from '../../protocol/engine.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { Report } from '../report.ts';
import { RunList } from './runList.ts';

/** A store of `count` runs, `r001` the oldest. */
function makeList(count: number) {
  const store = { count, requests: 0, failure: undefined as FeaturescopeError | undefined };
  const engine = new Dispatcher();
  engine.handle(listRuns, ({ limit, beforeRunId = '~' }) => {
    store.requests++;
    if (store.failure) throw store.failure;
    const all = Array.from({ length: store.count }, (_, index): RunSummary => {
      const runId = `r${String(index + 1).padStart(3, '0')}`;
      return { runId, manifest: manifestFor(), pngPath: '', sizeBytes: 1 };
    }).reverse();
    const runs = all.filter(({ runId }) => runId < beforeRunId).slice(0, limit);
    return { runs, usage: { dir: '', runCount: store.count, sizeBytes: 0, quotaBytes: 1 } };
  });
  const report = new Report({
    isTrusted: () => true,
    log: () => undefined,
    notify: async () => undefined,
    act: () => undefined,
  });
  let changes = 0;
  const list = new RunList(engine, report, () => changes++);
  return { list, store, changes: () => changes };
}

describe('RunList', () => {
  it('reads by pages', async () => {
    const { list } = makeList(120);
    assert.equal(list.state, 'unread');
    await list.reload();
    assert.deepEqual([list.state, list.runs.length, list.hasMore], ['ready', 50, true]);
    await list.loadMore();
    await list.loadMore();
    assert.deepEqual([list.runs.length, list.hasMore], [120, false]);
    assert.deepEqual([list.runs[0]?.runId, list.runs.at(-1)?.runId], ['r120', 'r001']);
    await list.loadMore();
    assert.equal(list.runs.length, 120);
  });

  it('does not offer more when the last page is exactly full', async () => {
    const { list } = makeList(50);
    await list.reload();
    assert.equal(list.hasMore, false);
  });

  it('keeps what was paged in when it reloads', async () => {
    const { list, store } = makeList(80);
    await list.reload();
    await list.loadMore();
    store.count = 81;
    await list.reload();
    assert.equal(list.runs.length, 80);
    assert.equal(list.runs[0]?.runId, 'r081');
    assert.equal(list.hasMore, true);
  });

  it('makes one more reading of many calls during a reading', async () => {
    const { list, store } = makeList(1);
    await Promise.all([list.reload(), list.reload(), list.reload()]);
    assert.equal(store.requests, 2);
  });

  it('keeps what it had when reading fails, and says why', async () => {
    const { list, store } = makeList(3);
    await list.reload();
    store.failure = new FeaturescopeError('closed', 'It ended.');
    await list.reload();
    assert.equal(list.state, 'failed');
    assert.equal(list.problem?.cause, 'It ended.');
    assert.equal(list.runs.length, 3);
    store.failure = undefined;
    await list.reload();
    assert.equal(list.state, 'ready');
    assert.equal(list.problem, undefined);
  });
});
