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
