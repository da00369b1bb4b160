import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EditFigures, RankedFeature } from '../../src/protocol/interventions.ts';

const root = join(import.meta.dirname, '..', '..');

interface Line {
  readonly name: string;
  readonly image: string;
  readonly figures: EditFigures | null;
}

describe('featurescope rank, edit, strip, icon, direction', function () {
  this.timeout(180_000);
  this.slow(30_000);
  let dir: string;
  let top: RankedFeature;
  const block = 'up.0.1';
  const picture = ['--prompt', 'a cat on grass', '--seed', '1', '--steps', '1'];

  const run = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = {
        ...process.env,
        FEATURESCOPE_STORAGE: join(dir, 'storage'),
        FEATURESCOPE_LPIPS: join(root, 'test', 'golden', 'lpips.onnx'),
      };
      const child = execFile(
        process.execPath,
        [join(root, 'dist', 'cli.cjs'), ...args],
        { env },
        (_, out, err) => {
          resolve({ code: child.exitCode ?? -1, out, err });
        },
      );
    });
  async function linesOf(...args: string[]): Promise<readonly Line[]> {
    const out = join(dir, args[0] ?? '');
    const { code, out: text, err } = await run(...args, '--out', out, '--json');
    assert.equal(code, 0, err);
    const { pictures } = JSON.parse(text) as { readonly pictures: readonly Line[] };
    assert.ok(pictures.every(({ image }) => existsSync(image)));
    assert.ok(existsSync(join(out, 'figures.json')));
    return pictures;
  }
  const distances = (lines: readonly Line[]): readonly number[] =>
    lines.slice(1).map(({ figures }) => figures?.pixelDistance ?? NaN);

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'featurescope-cli-'));
    const { code, out, err } = await run(
      ...['rank', ...picture, '--block', block, '--count', '2', '--json'],
    );
    assert.equal(code, 0, err);
    const { features } = JSON.parse(out) as { readonly features: readonly RankedFeature[] };
    assert.equal(features.length, 2);
    const [first, second] = features;
    assert.ok(first && second && first.effect >= second.effect && first.block === block);
    top = first;
  });
  after(() => {
    rmSync(dir, { recursive: true });
  });

  it('removes a feature and measures what that did, as the rank said', async () => {
    const lines = await linesOf('edit', ...picture, '--remove', `${block}/${top.feature}`);
    assert.deepEqual(
      lines.map(({ name }) => name),
      ['unedited', 'edited'],
    );
    // The same engine on the same machine: the same bits.
    assert.deepEqual(distances(lines), [top.pixelDistance]);
    assert.ok((lines[1]?.figures?.lpips?.distance ?? 0) > 0);
  });

  it('names what it cannot edit, and makes nothing', async () => {
    const { code, err } = await run('edit', ...picture, '--remove', `${block}/99999999`);
    assert.equal(code, 2);
    assert.match(err, /the SAE has the features 0 to \d+/);
  });

  it('draws a strip and an icon of it', async () => {
    const name = `${block}/${top.feature}`;
    const strip = await linesOf(
      ...['strip', name, ...picture, '--strengths=-2,0,2', '--unit', 'max'],
    );
    const [minus = 0, zero, plus = 0] = distances(strip);
    assert.ok(minus > 0 && plus > 0);
    assert.equal(zero, 0);
    const icon = await linesOf('icon', name, '--steps', '1', '--gamma', '1');
    assert.deepEqual(
      icon.map((line) => line.name),
      ['empty', 'gamma-1'],
    );
    assert.ok(distances(icon).every((distance) => distance > 0));
  });

  it('makes directions that an edit takes as its recipe', async () => {
    const [reds, blues] = ['red', 'blue'].map((colour) => {
      const file = join(dir, `${colour}.txt`);
      writeFileSync(file, ['apple', 'car'].map((thing) => `a ${colour} ${thing}\n`).join(''));
      return file;
    });
    const recipe = join(dir, 'direction.json');
    const sets = ['--prompts', reds ?? '', '--other-prompts', blues ?? ''];
    const made = await run(
      ...['direction', 'difference', block, ...sets, '--steps', '1', '--out', recipe, '--json'],
    );
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /Without difference of 2 and 2 prompts/);
    const lines = await linesOf('edit', ...picture, '--recipe', recipe);
    assert.ok(distances(lines).every((distance) => distance > 0));
    const refusals: readonly (readonly [readonly string[], RegExp])[] = [
      [['channel', block, '--channel', '99999'], /--channel is 99999; up\.0\.1 has .* 0 to \d+/],
      [['channel', 'up.9', '--channel', '1'], /The block is "up\.9"; this model has .*up\.0\.1/],
      [
        ['probe', block, ...sets],
        /probe direction needs 4 to 256 prompts a set; in ".*red.txt" there are 2/,
      ],
      [['pca', block], /"pca" needs --prompts/],
      [['pca', block, '--prompts', join(dir, 'none.txt')], /none\.txt/],
      [['pca', block, '--add', 'much'], /--add has "much"/],
      [['mean', block], /Allowed choices are difference, probe/],
    ];
    for (const [args, message] of refusals) {
      const { code, err } = await run('direction', ...args, '--out', recipe);
      assert.notEqual(code, 0, args.join(' '));
      assert.match(err, message);
    }
  });
});
