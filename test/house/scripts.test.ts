import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const pngSignature = '89504e470d0a1a0a';

const run = (script: string, ...args: string[]) => runWith({}, script, ...args);

const runWith = (environment: NodeJS.ProcessEnv, script: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'scripts', script), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, INIT_CWD: root, ...environment },
  });

describe('scripts', function () {
  this.timeout(60_000);
  this.slow(20_000);

  it('withNode runs a command under the pinned Node and hands on its exit code', () => {
    const { optionalDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    ) as { optionalDependencies: Record<string, string> };
    const { status, stdout } = run('withNode.mjs', 'node', '-e', 'console.log(process.version)');
    assert.equal(status, 0);
    assert.ok(
      Object.values(optionalDependencies).includes(stdout.trim().slice(1)),
      `${stdout.trim()} is not pinned`,
    );
    assert.equal(run('withNode.mjs', 'node', '-e', 'process.exit(7)').status, 7);
    assert.equal(run('withNode.mjs', 'no-such-command').status, 127);
  });

  it('the published schema of experiments is current', () => {
    const { status, stderr } = run('experimentSchema.mjs', '--check');
    assert.equal(status, 0, stderr);
  });

  it('the general prompts are current', () => {
    const { status, stderr } = run('generalPrompts.mjs', '--check');
    assert.equal(status, 0, stderr);
  });

  it('npm start with a prompt makes a picture and says where', () => {
    const { status, stdout, stderr } = run('start.mjs', 'a cat on grass');
    assert.equal(status, 0, stderr);
    const path = /picture is in (.+), after/.exec(stdout)?.[1];
    assert.ok(path, stdout);
    assert.equal(readFileSync(path).toString('hex', 0, 8), pngSignature);
  });

  it('npm start opens a desktop VS Code with the extension and a sample folder, or says why not', function () {
    // `code.cmd` on Windows; on macOS there is always a display.
    if (process.platform !== 'linux') this.skip(); // until tests run there
    const work = mkdtempSync(join(tmpdir(), 'featurescope-'));
    try {
      const told = join(work, 'told');
      writeFileSync(join(work, 'code'), `#!/bin/sh\nprintf '%s\\n' "$@" > '${told}'\n`, {
        mode: 0o755,
      });
      const PATH = [work, process.env.PATH].join(delimiter);
      const cache = { XDG_CACHE_HOME: join(work, 'cache') };
      const ended = runWith({ PATH, DISPLAY: ':7', ...cache }, 'start.mjs');
      assert.equal(ended.status, 0, ended.stderr);
      const [isNew, extension, folder = ''] = readFileSync(told, 'utf8').trim().split('\n');
      assert.deepEqual([isNew, extension], ['--new-window', `--extensionDevelopmentPath=${root}`]);
      assert.ok(existsSync(join(folder, 'README.md')), folder);
      const noDisplay = { PATH, DISPLAY: '', WAYLAND_DISPLAY: '', ...cache };
      const refused = runWith(noDisplay, 'start.mjs', '--desktop');
      assert.equal(refused.status, 1);
      assert.match(refused.stderr, /no `code` on PATH, or no display/);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });

  it('npx featurescope runs the command line, with its exit codes', () => {
    const work = mkdtempSync(join(tmpdir(), 'featurescope-'));
    try {
      const out = join(work, 'cat.png');
      const args = ['generate', 'a cat on grass', '--seed', '7', '--out', out, '--json'];
      const { status, stdout, stderr } = run('featurescope.mjs', ...args);
      assert.equal(status, 0, stderr);
      assert.equal((JSON.parse(stdout) as { image: string }).image, out);
      assert.equal(readFileSync(out).toString('hex', 0, 8), pngSignature);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    assert.equal(run('featurescope.mjs', 'generate').status, 2);
    assert.equal(run('featurescope.mjs', 'generate', 'x', '--seed', '-1').status, 2);
  });

  it('a tier that does not exist is refused', () => {
    const { status, stderr } = run('test.mjs', 'nosuch');
    assert.equal(status, 2);
    assert.match(stderr, /No such tier: nosuch/);
  });
});
