import assert from 'node:assert/strict';
import { statusText } from './statusText.ts';

describe('statusText', () => {
  it('says that nothing starts in Restricted Mode', () => {
    assert.match(statusText({ kind: 'stopped' }, undefined, false).tooltip, /Restricted Mode/);
  });

  it('says what is done, and which picture of several', () => {
    const work = {
      kind: 'running',
      phase: 'Denoising step 2 of 4',
      fraction: 0.5,
      pictureIndex: 1,
      pictureCount: 4,
    } as const;
    const engine = { kind: 'busy', requestCount: 1 } as const;
    assert.match(statusText(engine, work, true).text, /Denoising step 2 of 4 \(2 of 4\)$/);
    assert.match(statusText(engine, { ...work, pictureCount: 1 }, true).text, /of 4$/);
  });

  it('says how far a job is while no picture is made', () => {
    const job = {
      ...{ jobId: 'job-1', kind: 'collect', title: 'Collect', isElsewhere: false, createdAt: '' },
      state: 'running',
      progress: { phase: 'Collecting', doneCount: 5, totalCount: 20, unit: 'pictures' },
    } as const;
    const { text, tooltip } = statusText({ kind: 'ready' }, undefined, true, [job]);
    assert.match(text, /Collecting 25 %$/);
    assert.equal(tooltip, 'Collect\nCollecting 5 of 20 pictures');
    const waiting = statusText({ kind: 'ready' }, undefined, true, [{ ...job, state: 'queued' }]);
    assert.match(waiting.tooltip, /ready/);
  });

  it('shows why the engine is gone, with its last lines when it stays so', () => {
    const crashed = statusText({ kind: 'crashed', reason: 'It ended.' }, undefined, true);
    assert.match(crashed.tooltip, /It ended\..*starts again/);
    assert.equal(crashed.background, 'warning');
    const state = { kind: 'givenUp', reason: 'Third.', lastLines: ['abort()'] } as const;
    const givenUp = statusText(state, undefined, true);
    assert.match(givenUp.tooltip, /Third\.\n.*Restart.*\nabort\(\)/);
    assert.equal(givenUp.background, 'error');
  });
});
