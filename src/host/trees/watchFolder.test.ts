import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { watchFolder } from './watchFolder.ts';

describe('watchFolder', () => {
  it('tells once of a burst, and nothing after its end', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'featurescope-watch-'));
    let count = 0;
    const watching = watchFolder(dir, () => count++);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(dir, name), '');
    await delay(900);
    assert.equal(count, 1);
    watching.dispose();
    writeFileSync(join(dir, 'd'), '');
    await delay(500);
    assert.equal(count, 1);
    rmSync(dir, { recursive: true });
  });

  it('does without a folder that is not there', () => {
    watchFolder(join(tmpdir(), 'featurescope-no-such-folder'), () => undefined).dispose();
  });
});
