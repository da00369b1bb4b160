import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a built program as the extension does and hangs up after `hangUpAfterMs`. */
async function startProgram(
  name: string,
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly hangUpAfterMs?: number } = {},
): Promise<Ending> {
  const child = fork(join(root, 'dist', name), args, {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const { hangUpAfterMs } = options;
  if (hangUpAfterMs !== undefined) {
    setTimeout(() => {
      if (child.connected) child.disconnect();
    }, hangUpAfterMs);
  }
  // `close` never comes after our own `disconnect`, so wait for the end of each stream instead.
  const [code] = await Promise.all([
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
    ...[child.stdout, child.stderr].map((stream) => new Promise((end) => stream?.once('end', end))),
  ]);
  return { code, stdout, stderr };
}

describe('built programs', () => {
  let storageDir: string;

  beforeEach(() => {
    storageDir = mkdtempSync(join(tmpdir(), 'featurescope-'));
  });
  afterEach(() => {
    rmSync(storageDir, { recursive: true, force: true });
  });

  it('the engine is silent and ends when its parent hangs up', async () => {
    const config = { extensionDir: root, storageDir, threadCount: 0, quotaBytes: 2 ** 20 };
    const ending = await startProgram('engine.cjs', [], {
      env: { FEATURESCOPE_CONFIG: JSON.stringify(config) },
      hangUpAfterMs: 1000,
    });
    assert.deepEqual(ending, { code: 0, stdout: '', stderr: '' });
  });

  it('the runner is silent and ends when its parent hangs up', async () => {
    const ending = await startProgram('runner.cjs', [], { hangUpAfterMs: 1000 });
    assert.deepEqual(ending, { code: 0, stdout: '', stderr: '' });
  });

  it('the command line prints its help to standard output alone', async () => {
    const ending = await startProgram('cli.cjs', ['--help']);
    assert.equal(ending.code, 0);
    assert.equal(ending.stderr, '');
    assert.match(ending.stdout, /generate/);
  });
});
