import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EditFigures, RankedFeature } from '../../src/protocol/interventions.ts';

const root = join(import.meta.dirname, '..', '..');

interface Line {
  readonly name: string;
  readonly image: string;
  readonly figures: EditFigures | null;
}

describe('featurescope rank, edit, strip, icon', function () {
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
});
