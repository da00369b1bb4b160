import assert from 'node:assert/strict';
import { manifestFor } from '../../../test/support/manifest.ts';
import type { RunSummary } from '../../protocol/engine.ts';
import { groupByDay } from './groupByDay.ts';

/** Local times, so that the test means the same in every time zone. */
const runAt = (runId: string, ...date: [number, number, number, number, number]): RunSummary => ({
  runId,
  manifest: manifestFor({ createdAt: new Date(...date).toISOString() }),
  pngPath: '',
  sizeBytes: 0,
});

describe('groupByDay', () => {
  const now = new Date(2026, 2, 1, 0, 5);

  it('names today, yesterday and other days, newest first', () => {
    const days = groupByDay(
      [
        runAt('a', 2026, 2, 1, 0, 1),
        runAt('b', 2026, 1, 28, 23, 59),
        runAt('c', 2026, 1, 28, 0, 0),
        runAt('d', 2025, 11, 31, 12, 0),
      ],
      now,
      'de-DE',
    );
    assert.deepEqual(
      days.map(({ label, day, runs }) => [label, day, runs.map(({ runId }) => runId).join('')]),
      [
        ['Today', '2026-03-01', 'a'],
        ['Yesterday', '2026-02-28', 'bc'],
        ['Mittwoch, 31. Dezember 2025', '2025-12-31', 'd'],
      ],
    );
  });

  it('has no days without runs', () => {
    assert.deepEqual(groupByDay([], now), []);
  });
});
