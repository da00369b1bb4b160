import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { useVscode } from './session.ts';

const root = join(import.meta.dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'featurescope-index-'));
const storage = join(dir, 'storage');

/** A small collected set and its index, made by the command line that people have. */
function makeIndex(): void {
  const cli = (...args: string[]): void => {
    execFileSync(process.execPath, [join(root, 'dist', 'cli.cjs'), ...args], {
      env: { ...process.env, FEATURESCOPE_STORAGE: storage },
      stdio: 'ignore',
    });
  };
  const set = join(dir, 'set');
  cli('collect', '--grammar', '--count', '16', '--blocks', 'down.2.1,up.0.1', '--out', set);
  cli('index', '--set', set, '--out', join(storage, 'indexes', 'small'));
}

describe('feature cards in the editor', function () {
  this.timeout(240_000);
  this.slow(60_000);
  before(makeIndex);
  const vscode = useVscode({ settings: { 'featurescope.storage.folder': storage } });
  after(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  const rows = () => vscode().workbench.page.locator('.quick-input-list .monaco-list-row');
  const card = (): Promise<Frame> => vscode().workbench.panel('.cardTitle h1', 60_000);
  /** Colours of the first picture of the card. */
  const colours = (frame: Frame): Promise<number> =>
    frame
      .locator('.tileCanvas')
      .first()
      .evaluate((element) => {
        const canvas = element as HTMLCanvasElement;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
      });

  it('a card opens from the palette, with pictures that are drawn', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Find Feature');
    await eventually('features', async () => (await rows().count()) > 5, 60_000);
    await workbench.input.fill('up.0.1/');
    await workbench.input.fill('down.2.1');
    await workbench.input.fill('');
    await eventually('features', async () => (await rows().count()) > 5, 60_000);
    await workbench.screenshot('find-feature');
    await workbench.page.keyboard.press('Enter');
    const frame = await card();
    await frame.getByRole('heading', { name: 'Figures' }).waitFor();
    await eventually('a picture', async () => (await colours(frame)) > 50, 30_000);
    await workbench.screenshot('card');
  });

  it('a label is written to the workspace, found by its words, and taken back', async () => {
    const { workbench, folder } = vscode();
    const file = join(folder, 'featurescope-labels.tsv');
    let frame = await card();
    const name = await frame.locator('.cardTitle h1').innerText();
    await frame.getByRole('textbox', { name: 'Your label' }).fill('quagga stripes');
    await frame.getByRole('button', { name: 'Save', exact: true }).click();
    await eventually('the file', () => existsSync(file));
    assert.match(readFileSync(file, 'utf8'), /quagga stripes/);
    // The card, drawn anew after the save, may take the focus, which closes the search.
    await eventually(
      'the search',
      async () => {
        await workbench.runCommand('SAE: Find Feature');
        await workbench.input.fill('quagga', { timeout: 5000 });
        return true;
      },
      60_000,
    );
    const row = rows().filter({ hasText: name });
    await row.filter({ hasText: 'quagga stripes' }).waitFor({ timeout: 30_000 });
    await workbench.page.keyboard.press('Escape');
    frame = await card();
    await frame.getByRole('button', { name: 'Undo' }).click();
    await eventually('no label', () => !readFileSync(file, 'utf8').includes('quagga'));
  });

  it('the gallery shows best pictures, and a click opens the card', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Open Feature Gallery');
    const gallery = await workbench.panel('.galleryTile', 60_000);
    const tile = gallery.locator('.galleryTile').nth(3);
    await eventually('a loaded picture', () =>
      tile.locator('img').evaluate((image) => (image as HTMLImageElement).naturalWidth > 0),
    );
    await workbench.screenshot('gallery');
    const id = /\S+\/\d+/.exec(await tile.innerText())?.[0] ?? '';
    await tile.click();
    const frame = await card();
    await frame.getByRole('heading', { name: id }).waitFor();
  });

  it('quality and contrast open, and the card comes back after a reload', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: SAE Quality Report');
    const quality = await workbench.panel('.report', 60_000);
    assert.equal(await quality.locator('.report').count(), 4, 'a report for each block');
    await workbench.screenshot('quality');
    await quality.getByRole('button', { name: 'Measure in the Picture…' }).click();
    await workbench.answerInput('3');
    await quality.getByRole('button', { name: 'Measure Again…' }).waitFor({ timeout: 120_000 });
    const measured = quality.getByRole('region', { name: 'Table of pictures' }).locator('tbody tr');
    await eventually('four blocks', async () => (await measured.count()) === 4, 60_000);
    assert.match(await measured.first().innerText(), /^\S+\s+3\s/, 'three prompts each');
    await quality.getByRole('heading', { name: 'In the picture' }).scrollIntoViewIfNeeded();
    await workbench.screenshot('quality-picture');
    await workbench.closeEditors();
    const kept = readdirSync(storage, { recursive: true, encoding: 'utf8' });
    const choices = kept.filter((name) => name.endsWith('choice.json'));
    assert.ok(choices.length > 0, 'measurements are in the store');
    for (const name of choices) writeFileSync(join(storage, name), 'not JSON');
    await workbench.runCommand('SAE: SAE Quality Report');
    const again = await workbench.panel('.report', 60_000);
    await again.getByText('cannot be read').first().waitFor({ timeout: 60_000 });
    assert.equal(await again.locator('.report').count(), 4, 'the reports stay');
    await workbench.screenshot('quality-unreadable');
    await workbench.closeEditors();
    await workbench.runCommand('SAE: Find Feature');
    await eventually('features', async () => (await rows().count()) > 5, 60_000);
    await workbench.page.keyboard.press('Enter');
    const name = await (await card()).locator('.cardTitle h1').innerText();
    await workbench.reload();
    const frame = await card();
    await frame.getByRole('heading', { name }).waitFor();
    await eventually('a picture', async () => (await colours(frame)) > 50, 60_000);
    await workbench.runCommand('SAE: Contrast Sets');
    await workbench.panel('.sidesForm', 30_000);
  });
});
