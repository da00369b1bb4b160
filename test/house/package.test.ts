import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '../../src/processes/childProcess.ts';
import { runnerHello } from '../../src/protocol/runner.ts';
import { unpackVsix } from '../support/unpackVsix.mjs';

const root = join(import.meta.dirname, '..', '..');

describe('the package', function () {
  this.timeout(120_000);
  this.slow(60_000);
  let work: string;
  let extensionDir: string;

  before(async () => {
    work = mkdtempSync(join(tmpdir(), 'featurescope-package-'));
    const vsix = join(work, 'featurescope.vsix');
    const args = [join(root, 'scripts', 'package.mjs'), '--as-built', '--out', vsix];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(code, 0, said);
    extensionDir = unpackVsix(vsix, work);
  });
  after(() => {
    rmSync(work, { recursive: true, force: true });
  });

  it('holds programs, models and media, and nothing that they do not need', () => {
    const top = readdirSync(extensionDir).map((name) => name.toLowerCase());
    const allowed = ['dist', 'media', 'models', 'node_modules', 'package.json'];
    const texts = ['license.txt', 'notice', 'readme.md', 'changelog.md'];
    assert.deepEqual(
      top.filter((name) => !allowed.includes(name) && !texts.includes(name)),
      [],
    );
    const files = readdirSync(extensionDir, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      files.filter((name) => /\.(ts|map)$|\.test\.|(^|\/)(src|test|scripts)\//.test(name)),
      [],
    );
  });

  it('starts ONNX Runtime from its own folder', async () => {
    const nativeLines: string[] = [];
    const runner = startChild({
      path: join(extensionDir, 'dist', 'runner.cjs'),
      title: 'The runner',
      onNativeLine: (line) => nativeLines.push(line),
    });
    try {
      const { ortVersion } = await runner.connection.request(runnerHello, {});
      assert.match(ortVersion, /^\d+\.\d+\.\d+$/);
      assert.deepEqual(nativeLines, []);
    } finally {
      await runner.stop('The test is over.');
    }
  });
});
