import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  AcceptanceRecord,
  SaeEntry,
  SaeInspection,
  SaeList,
} from '../../src/protocol/saes.ts';

const root = join(import.meta.dirname, '..', '..');

describe('featurescope sae', function () {
  this.timeout(120_000);
  this.slow(15_000);
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'featurescope-cli-'))));
  after(() => {
    rmSync(dir, { recursive: true });
  });

  const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [join(root, 'dist', 'cli.cjs'), ...args],
        { env: { ...process.env, FEATURESCOPE_STORAGE: join(dir, 'storage') } },
        (_, out, err) => {
          resolve({ code: child.exitCode ?? -1, out, err });
        },
      );
    });
  async function sae<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await run('sae', ...args, '--json');
    assert.equal(code, 0, err);
    return JSON.parse(out) as T;
  }

  it('exports, imports with answers, judges, chooses and removes', async () => {
    const files = join(dir, 'files');
    await sae('export', 'up.0.1', '--format', 'saelens', '--out', files);
    const found = await sae<SaeInspection>('import', files, '--dry-run');
    assert.deepEqual([found.format, found.nFeatures > 0], ['saelens', true]);

    const open = await run('sae', 'import', files);
    assert.equal(open.code, 2);
    assert.match(open.err, /leave open:\n {2}--target update\|output: .*\n {2}--block .*up\.0\.1/);
    const wrong = await run('sae', 'import', files, '--target', 'input', '--suggested');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /target is "input"; possible are update, output/);
    const notOpen = await run('sae', 'import', files, '--activation', 'relu', '--suggested');
    assert.match(notOpen.err, /--activation is not open/);

    const made = await sae<SaeEntry>(
      ...['import', files, '--target', 'update', '--block', 'up.0.1', '--format', 'saelens'],
      ...['--storage', 'float16'],
    );
    assert.deepEqual([made.activeBecause, made.storage], ['newest', 'float16']);

    const early = await run('sae', 'report', 'up.0.1', '--last');
    assert.equal(early.code, 2);
    const prompts = ['a castle at night', 'two bananas on the beach', 'a red apple', 'a dog'];
    const given = prompts.flatMap((prompt) => ['-p', prompt]);
    const record = await sae<AcceptanceRecord>('report', 'up.0.1', ...given, '--seed', '5');
    assert.equal(record.saeId, made.saeId);
    assert.deepEqual(record.settings.prompts, prompts);
    assert.equal(record.verdict.status, 'accepted', record.verdict.text);
    assert.deepEqual(await sae('report', made.saeId, '--last'), record);
    const text = await run('sae', 'report', made.saeId, '--last');
    assert.match(text.out, /^ACCEPTED \(as-declared\): .*\n[^]*R²: 1 - Σ/);

    await sae('choose', 'model.up.0.1');
    const { saes } = await sae<SaeList>('list');
    const used = saes.filter(({ activeBecause }) => activeBecause).map(({ saeId }) => saeId);
    assert.deepEqual(used.at(-1), 'model.up.0.1');
    await sae('choose', made.saeId, '--no-longer');
    await sae('remove', made.saeId);
    await sae('restore', made.saeId);
    const again = await sae<SaeList>('list');
    assert.ok(again.saes.some(({ saeId }) => saeId === made.saeId));
  });

  it('ends with exit code 1 for an SAE that is rejected', async () => {
    await sae('export', 'mid.0', '-f', 'sdxl-unbox', '-o', join(dir, 'unnamed'));
    const made = await sae<SaeEntry>(
      ...['import', join(dir, 'unnamed'), '--target', 'output', '--block', 'mid.0'],
    );
    const { code, out } = await run('sae', 'report', made.saeId);
    assert.equal(code, 1);
    assert.match(out, /^REJECTED \(output-instead-of-update\)/);
  });

  it('writes codes and ΔD of a picture', async () => {
    const file = join(dir, 'codes.safetensors');
    const prompt = ['features', '-p', 'a castle at night', '--top', '1'];
    const { code, err } = await run(...prompt, '--export', file, '--updates');
    assert.equal(code, 0, err);
    assert.ok(existsSync(file));
    assert.doesNotMatch(err, /differs/);
    const alone = await run(...prompt, '--updates');
    assert.equal(alone.code, 2);
    assert.match(alone.err, /--updates needs --export/);
    // Of two faults the one that is known without a model is told.
    const noModel = ['--model', join(dir, 'no model')];
    const ending = await run(...prompt, ...noModel, '--maps', join(dir, 'maps.txt'));
    assert.equal(ending.code, 2);
    assert.match(ending.err, /--maps is ".*maps\.txt"; its name must end with \.npz or \.json/);
  });
});
