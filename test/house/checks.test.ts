import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Runs one of the npm tools of this project and answers what it said. */
async function tool(
  name: string,
  ...args: string[]
): Promise<{ code: number | null; said: string }> {
  const child = spawn(join(root, 'node_modules', '.bin', name), args, { cwd: root });
  let said = '';
  const keep = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

async function passes(name: string, ...args: string[]): Promise<void> {
  const { code, said } = await tool(name, ...args);
  assert.equal(code, 0, `${name} ${args.join(' ')}\n${said}`);
}

describe('checks', function () {
  this.timeout(180_000);
  this.slow(60_000);

  for (const project of ['.', 'webview', 'test']) {
    it(`types agree in ${project}`, () => passes('tsc', '-p', project));
  }
  it('lint is clean', () => passes('eslint', '.'));
  it('formatting is as Prettier has it', () => passes('prettier', '--check', '.'));
  it('nothing is unused', () => passes('knip'));
});
