import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { temporaryFolder } from '../support/saeFile.ts';
import { seededRandom, soakCount } from '../support/soak.ts';

const killCount = soakCount(4, 400);
const random = seededRandom(11);
const child = join(import.meta.dirname, '..', 'support', 'indexChild.ts');

/** @param killAfter lines of progress; none: it may finish. @returns whether it finished, and how far it had come */
function run(dir: string, killAfter: number): Promise<{ isDone: boolean; first: string }> {
  const work = spawn(process.execPath, [child, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let lines = 0;
  let first = '';
  work.stdout.on('data', (chunk: Buffer) => {
    first ||= chunk.toString().split('\n')[0] ?? '';
    lines += chunk.toString().split('\n').length - 1;
    if (lines >= killAfter) work.kill('SIGKILL');
  });
  return new Promise((resolve) => {
    work.once('close', (code) => {
      resolve({ isDone: code === 0, first });
    });
  });
}

/** All that a reader sees, but the time at which it was finished. */
function contentOf(dir: string): unknown {
  const database = new DatabaseSync(join(dir, 'index', 'mid.0.db'), { readOnly: true });
  try {
    assert.deepEqual({ ...database.prepare('PRAGMA quick_check').get() }, { quick_check: 'ok' });
    return ['meta', 'features', 'pictures'].map((table) =>
      database
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .filter((row) => row['key'] !== 'finishedAt')
        .map((row) =>
          Object.values(row).map((value) =>
            value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
          ),
        ),
    );
  } finally {
    database.close();
  }
}

describe(`${killCount} kills while indexing`, function () {
  this.timeout(killCount * 30_000);
  this.slow(killCount * 3000);
  const whole = temporaryFolder();
  const broken = temporaryFolder();
  after(() => {
    whole.remove();
    broken.remove();
  });

  it('leave a sound database, lose nothing that was acknowledged, and change no value', async () => {
    assert.ok((await run(whole.dir, Infinity)).isDone);
    const expected = contentOf(whole.dir);
    const building = join(broken.dir, 'index', 'mid.0.building.db');
    let done = 0;
    let resumed = 0;
    for (let kill = 0; kill < killCount; kill++) {
      const { isDone, first } = await run(broken.dir, 1 + Math.floor(random() * 40));
      if (first.startsWith('encoding')) {
        const [, begunAt] = first.split(' ');
        assert.ok(
          Number(begunAt) >= done,
          `kill ${kill}: it began at ${begunAt}, ${done} were acknowledged`,
        );
        if (done > 0) resumed++;
      }
      done = 0;
      if (existsSync(building)) {
        const database = new DatabaseSync(building);
        assert.deepEqual(
          { ...database.prepare('PRAGMA quick_check').get() },
          { quick_check: 'ok' },
        );
        const row = database.prepare("SELECT value FROM meta WHERE key = 'donePictures'").get();
        done = Number(row?.['value'] ?? 0);
        database.close();
      }
      if (!isDone && !existsSync(join(broken.dir, 'index', 'mid.0.db'))) continue;
      assert.deepEqual(contentOf(broken.dir), expected, `kill ${kill}`);
      rmSync(join(broken.dir, 'index'), { recursive: true });
      done = 0;
    }
    assert.ok(resumed > 0, 'no run went on where a kill had stopped it');
    assert.ok((await run(broken.dir, Infinity)).isDone);
    assert.deepEqual(contentOf(broken.dir), expected);
  });
});
