import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FeaturescopeError } from '../protocol/errors.ts';
import { defineRequest } from '../protocol/request.ts';
import { type ChildProcess, startChild } from './childProcess.ts';

const anything = defineRequest<null, null>('test/anything');

describe('startChild', () => {
  const dir = mkdtempSync(join(tmpdir(), 'featurescope-child-'));
  const children: ChildProcess[] = [];

  /** A child that runs `code`; without more it never answers. */
  function start(code: string): ChildProcess {
    const path = join(dir, `child-${String(children.length)}.cjs`);
    writeFileSync(path, `process.once('disconnect', () => process.exit(0));\n${code}`);
    const child = startChild({ path, title: 'The child', onNativeLine: () => undefined });
    children.push(child);
    return child;
  }

  after(async () => {
    await Promise.all(children.map((child) => child.stop('The test is over.')));
    rmSync(dir, { recursive: true });
  });

  const fails = async (request: Promise<null>, message: RegExp): Promise<void> => {
    await assert.rejects(request, (error: unknown) => {
      assert.ok(error instanceof FeaturescopeError);
      assert.equal(error.code, 'closed');
      assert.match(error.message, message);
      return true;
    });
  };

  it('names the signal to what was pending when it was killed', async () => {
    const child = start('setInterval(() => {}, 1000);');
    const pending = child.connection.request(anything, null);
    child.kill();
    await fails(pending, /^The child ended unexpectedly \(signal SIGKILL\)\.$/);
    assert.equal(await child.ended, 'signal SIGKILL');
  });

  it('names the exit code and keeps its last words', async () => {
    const child = start("console.error('native word'); setTimeout(() => process.exit(7), 50);");
    await fails(child.connection.request(anything, null), /exit code 7/);
    assert.deepEqual(child.lastLines, ['native word']);
  });

  it('ends a child that has hung up', async () => {
    const child = start('process.disconnect(); setInterval(() => {}, 1000);');
    await fails(child.connection.request(anything, null), /ended unexpectedly/);
  });

  it('says why it was stopped', async () => {
    const child = start('setInterval(() => {}, 1000);');
    const pending = child.connection.request(anything, null);
    await Promise.all([fails(pending, /restarted/), child.stop('The engine was restarted.')]);
    assert.equal(await child.ended, 'exit code 0');
  });
});
