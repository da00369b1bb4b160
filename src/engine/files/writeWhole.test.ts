import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeWhole } from './writeWhole.ts';

describe('writeWhole', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-whole-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('writes bytes and text, over what was there', async () => {
    const path = join(dir, 'file');
    await writeWhole(path, 'äé');
    assert.equal(readFileSync(path, 'utf8'), 'äé');
    await writeWhole(path, new Uint8Array([9, 1, 2, 3]).subarray(1));
    assert.deepEqual([...readFileSync(path)], [1, 2, 3]);
    assert.deepEqual(readdirSync(dir), ['file']);
  });

  it('leaves the old file where there is no room for the new one', function () {
    // A limit of the shell stands for the full disk: there, too, the system writes a part and says so only at the next try.
    if (process.platform === 'win32') this.skip(); // until it has such limits
    const path = join(dir, 'file');
    writeFileSync(path, 'old');
    const script = `
      process.on('SIGXFSZ', () => undefined);
      const { writeWhole } = await import('${pathToFileURL(join(import.meta.dirname, 'writeWhole.ts')).href}');
      await writeWhole(process.argv[1], 'x'.repeat(100_000));
    `;
    const ended = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -f 8; exec "$0" --input-type=module -e "$1" "$2"',
        process.execPath,
        script,
        path,
      ],
      { encoding: 'utf8' },
    );
    assert.notEqual(ended.status, 0, 'it says so');
    assert.match(ended.stderr, /EFBIG/);
    assert.equal(readFileSync(path, 'utf8'), 'old');
    assert.deepEqual(readdirSync(dir), ['file'], 'nothing is left beside it');
  });
});
