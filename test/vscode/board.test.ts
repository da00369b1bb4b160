import assert from 'node:assert/strict';
import type { Frame, Locator } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { ResultPage } from './resultPage.ts';
import { useVscode } from './session.ts';
import { idOfRow } from './workbench.ts';

const prompt = 'a red apple on the left and a dog on the right, on grass';

describe('ablation board in the editor', function () {
  this.timeout(180_000);
  this.slow(30_000);
  const vscode = useVscode();
  let board: Frame;

  const variant = (index: number): Locator => board.locator('.variant').nth(index);
  const distance = async (of: Locator): Promise<number> =>
    parseFloat(await of.locator('.figureValue').first().innerText());
  const editedPixels = async (index: number): Promise<string> =>
    variant(index)
      .locator('.pictures canvas')
      .nth(1)
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  /** The edited picture once it has not changed for a while: a board is up to date for a moment before it hears of an edit. */
  const settledPixels = async (index: number): Promise<string> => {
    let last = '';
    let sinceMs = Date.now();
    return eventually(
      'a picture that stays',
      async () => {
        const isOutdated = (await board.locator('.outdated').count()) > 0;
        const now = isOutdated ? '' : await editedPixels(index);
        if (now !== last) sinceMs = Date.now();
        last = now;
        return now !== '' && Date.now() - sinceMs > 2000 && now;
      },
      60_000,
    );
  };

  it('“Ablate Feature” in the tree shows what the strongest feature did', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Generate with Prompt');
    await workbench.answerInput(prompt);
    await (await ResultPage.of(workbench)).picture();
    await workbench.openView('SAE');
    const block = workbench.viewRow('Blocks & Features', 'up.0.1');
    await block.getByText(/\d+ active/).waitFor({ timeout: 30_000 });
    await block.click();
    const feature = workbench.viewRow('Blocks & Features', '#');
    await feature.waitFor();
    const id = await idOfRow(feature);
    await feature.hover();
    await feature.getByRole('button', { name: 'Ablate Feature' }).click();
    board = await workbench.panel('.variants', 30_000);
    await variant(0).locator('.figures').waitFor({ timeout: 60_000 });
    assert.match(await variant(0).locator('.editChip').innerText(), new RegExp(`remove #${id}`));
    assert.ok((await distance(variant(0))) > 0);
    await variant(0)
      .getByRole('img', { name: /colours from -[\d.]+ to [\d.]+ of 255/ })
      .waitFor();
    await workbench.screenshot('board-ablate');
  });

  it('undo takes the variant back, redo brings it and its picture again', async () => {
    await board.getByRole('button', { name: 'Undo' }).click();
    await eventually('no variant', async () => (await board.locator('.editChip').count()) === 0);
    await board.getByRole('button', { name: 'Redo' }).click();
    await variant(0).locator('.figures').waitFor();
  });

  it('a moved slider shows the new picture, within the reported time', async () => {
    const slider = variant(0).getByRole('slider', { name: 'Factor' });
    await slider.waitFor();
    const latency = board.locator('.latency');
    for (let move = 1; move <= 20; move++) {
      await slider.press('ArrowRight');
      await eventually(
        'a measured move',
        async () => (await latency.innerText()).includes(`(${String(move)})`),
        20_000,
      );
    }
    const run = await variant(0).locator('.reuse').innerText();
    console.log(`      ${await latency.innerText()}; ${run}`);
    // Quick moves are one step of undo; after a rest a new one begins.
    const shown = await slider.getAttribute('aria-valuetext');
    await board.waitForTimeout(3000);
    for (let move = 0; move < 4; move++) await slider.press('ArrowRight');
    await eventually(
      'a moved slider',
      async () => (await slider.getAttribute('aria-valuetext')) !== shown,
    );
    await board.getByRole('button', { name: 'Undo' }).click();
    await eventually(
      'the slider as it was',
      async () => (await slider.getAttribute('aria-valuetext')) === shown,
    );
    const exact = variant(0).getByRole('textbox', { name: 'Exact factor' });
    await exact.fill('0');
    await exact.press('Enter');
    await variant(0).locator('.editChip').getByText('remove').waitFor();
  });

  it('a painted mask keeps the edit to a part of the picture', async () => {
    const { workbench } = vscode();
    const before = await settledPixels(0);
    await variant(0).getByRole('button', { name: 'Paint Mask' }).click();
    const canvas = variant(0).locator('.paintPicture canvas');
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox())!;
    const { mouse } = workbench.page;
    await mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.4);
    await mouse.down();
    await mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.6, { steps: 8 });
    await mouse.up();
    await variant(0)
      .getByText(/cells of up\.0\.1 are touched/)
      .waitFor();
    await variant(0).getByText('in the mask').first().waitFor();
    await eventually('another picture', async () => (await editedPixels(0)) !== before, 30_000);
    await workbench.screenshot('board-paint');
    await board.getByRole('button', { name: 'Undo' }).click();
    await eventually('the picture before', async () => (await editedPixels(0)) === before, 30_000);
    await variant(0).getByRole('button', { name: 'Close Painting' }).click();
  });

  it('a dose strip and matched controls stand beside the effect', async () => {
    const { workbench } = vscode();
    await variant(0).getByText('Dose and response').click();
    await variant(0).getByRole('button', { name: 'Make Strip' }).click();
    await variant(0).locator('.doseCurve circle').nth(6).waitFor({ timeout: 60_000 });
    await idle();
    await variant(0).getByText('Matched controls', { exact: true }).click();
    await variant(0).getByRole('button', { name: 'Run Controls' }).click();
    await variant(0).getByRole('row', { name: /^All/ }).waitFor({ timeout: 90_000 });
    await idle();
    await workbench.screenshot('board-evidence');
  });

  it('features are ranked by effect, and one of an earlier block is followed downstream', async () => {
    const { workbench } = vscode();
    await board.getByText('Causal rank of the picture’s features').click();
    await board.getByRole('button', { name: 'Rank over Whole Picture' }).click();
    const rows = board.getByRole('region', { name: 'Causal rank' }).locator('tbody tr');
    const caption = board.locator('caption', { hasText: '50 features, effect on the whole' });
    await caption.waitFor({ timeout: 90_000 });
    await idle();
    const effects = await rows.locator('td:nth-of-type(2)').allInnerTexts();
    assert.equal(effects.length, 50);
    const values = effects.map(Number);
    assert.deepEqual(
      values,
      values.toSorted((a, b) => b - a),
    );
    await workbench.screenshot('board-rank');
    await rows
      .getByRole('button', { name: /^Ablate mid\.0\// })
      .first()
      .click();
    const added = variant(1);
    await added.locator('.figures').waitFor({ timeout: 60_000 });
    await idle();
    await added.getByText('Downstream features').click();
    await added.getByRole('button', { name: 'Read Downstream' }).click();
    const changes = added.getByRole('region', { name: /^Changes in up\.0\.[01]$/ });
    await changes.first().waitFor({ timeout: 90_000 });
    await idle();
    assert.equal(await changes.count(), 2, 'both later blocks');
    await changes.first().scrollIntoViewIfNeeded();
    await workbench.screenshot('board-downstream');
    await added.getByRole('button', { name: 'Remove variant' }).click();
    await eventually('one variant', async () => (await board.locator('.variant').count()) === 1);
  });

  it('a board of 64 shows progress, ends on cancel, and goes on where it was', async () => {
    const { workbench } = vscode();
    for (let count = 1; count < 4; count++) {
      await variant(0).getByRole('button', { name: 'Duplicate variant' }).click();
      await eventually('one more', async () => (await board.locator('.variant').count()) > count);
      // Each copy another factor, or its pictures were there already.
      const exact = board
        .locator('.variant.focused')
        .getByRole('textbox', { name: 'Exact factor' });
      await exact.fill(String(-count));
      await exact.press('Enter');
    }
    await board.getByRole('combobox', { name: 'Columns' }).click();
    await board.getByRole('option', { name: 'Seeds' }).click();
    const made = (): Promise<number> => board.locator('.shortFigures').count();
    await board.locator('.originals').waitFor();
    // So many that it is still at work when Cancel is pressed.
    await chooseSeeds('0-15');
    await board.getByRole('button', { name: 'Run Board' }).click();
    await board.locator('.jobBar').getByText(/of 80/).waitFor({ timeout: 30_000 });
    await eventually('two pictures', async () => (await made()) >= 2, 60_000);
    await board.getByRole('button', { name: 'Cancel' }).click();
    await idle();
    const some = await made();
    assert.ok(some < 64, `cancelled, yet ${String(some)} pictures`);
    await board.getByRole('button', { name: 'Run Board' }).click();
    await eventually('64 pictures', async () => (await made()) === 64, 120_000);
    await idle();
    await chooseSeeds('0-3');
    await eventually('16 pictures', async () => (await made()) === 16);
    await workbench.screenshot('board-grid');
  });

  const chooseSeeds = async (seeds: string): Promise<void> => {
    const field = board.getByRole('textbox', { name: 'Seeds' });
    await field.fill(seeds);
    await field.press('Enter');
    const count = Number(seeds.split('-')[1]) + 1;
    await eventually(
      `${String(count)} columns`,
      async () => (await board.locator('.originals .cell').count()) === count,
    );
  };

  it('variants and kept pictures are there after a reload', async () => {
    const { workbench } = vscode();
    await workbench.reload();
    board = await workbench.panel('.variants', 60_000);
    await eventually(
      '16 pictures again',
      async () => (await board.locator('.shortFigures').count()) === 16,
      60_000,
    );
    await workbench.screenshot('board-reloaded');
  });

  it('a direction is asked for before the board opens, and is there when it has', async () => {
    const { workbench } = vscode();
    await workbench.closeEditors();
    await workbench.runCommand('SAE: Add Direction to Board');
    const choice = workbench.page.locator('.quick-input-list .monaco-list-row');
    await choice.filter({ hasText: 'One channel of the update' }).click();
    await choice.filter({ hasText: 'up.0.1' }).click();
    await workbench.page.locator('.quick-input-widget', { hasText: 'Which channel?' }).waitFor();
    await workbench.answerInput('5');
    board = await workbench.panel('.variants', 60_000);
    await board.locator('.editChip', { hasText: 'remove channel 5' }).waitFor();
  });

  const idle = (): Promise<boolean> =>
    eventually('no work', async () => (await board.locator('.jobBar').count()) === 0, 120_000);
});
