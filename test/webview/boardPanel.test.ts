import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { coverage, maskOf } from '../../webview/board/paintMask.ts';
import type { BoardCommand, BoardState } from '../../src/protocol/boardPanel.ts';
import type { Edit } from '../../src/protocol/recipe.ts';
import { eventually } from '../support/eventually.ts';
import { aBoard, aCell, addition, boardWithEvidence, emptyBoard } from './boardFixtures.ts';
import { calls } from './calls.ts';
import { openBoardPanel } from './harness.ts';
import { usePanels } from './usePanels.ts';

describe('ablation board', () => {
  const openPanel = usePanels();
  const opened = async (state: BoardState = aBoard()): Promise<Page> => {
    const { page } = await openPanel((browser) => openBoardPanel(browser, state));
    await page.locator('#root > :nth-child(2)').waitFor();
    return page;
  };

  it('without a picture it says what it is for and offers to generate one', async () => {
    const page = await opened(emptyBoard());
    await page.getByRole('button', { name: 'Generate' }).click();
    assert.deepEqual(await calls(page, 'board/generate'), [null]);
  });

  it('shows original, edited and difference with a scale that is the same in all rows', async () => {
    const page = await opened();
    const scales = page.getByRole('img', { name: /edited − original: colours from/ });
    await scales.nth(1).waitFor();
    const [one, two] = await scales.evaluateAll((all) =>
      all.map((bar) => bar.getAttribute('aria-label')),
    );
    assert.equal(one, two);
    const [from, to] = /from -([\d.]+) to ([\d.]+)/.exec(one ?? '')!.slice(1);
    assert.equal(from, to, '0 is in the middle');
    await page.getByText('Same colour scale in all rows').click();
    await eventually('own scales', async () => {
      const labels = await scales.evaluateAll((all) => all.map((bar) => bar.ariaLabel));
      return labels[0] !== labels[1];
    });
  });

  it('pictures that are kept, and only those, have a menu that knows which they are', async () => {
    const [column] = aBoard().columns;
    const v1 = { ...aCell('p-8', 3.2), runId: 'run-8' };
    const page = await opened(
      aBoard({ columns: [{ ...column!, edited: { ...column!.edited, v1 } }] }),
    );
    const contextOf = async (index: number): Promise<unknown> => {
      const has = page.locator('canvas[aria-label*=": edited picture for"]');
      const element = variant(page, index).locator('fs-picture', { has });
      return JSON.parse((await element.getAttribute('data-vscode-context')) ?? '{}');
    };
    const preventDefaultContextMenuItems = true;
    const kept = { webviewSection: 'picture', pictureId: 'run-8', preventDefaultContextMenuItems };
    assert.deepEqual(await contextOf(0), kept);
    assert.deepEqual(await contextOf(1), { preventDefaultContextMenuItems });
  });

  it('a slider tells every move; the picture of the edit before is marked as such', async () => {
    const page = await opened();
    const slider = variant(page, 1).getByRole('slider', { name: 'Strength' });
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await eventually('two moves', async () => (await commands(page)).length === 2);
    const moves = (await commands(page)).filter((one) => one.kind === 'setRecipe');
    assert.deepEqual(
      moves.map(({ recipe, isContinued }) => [
        (recipe.edits[0] as Extract<Edit, { kind: 'add' }>).strength.value,
        isContinued,
      ]),
      [
        [10.5, false],
        [11, true],
      ],
    );
    await page.evaluate(() => {
      const [column] = structuredClone(window.fakeBoard.state().columns);
      const edited = Object.fromEntries(
        Object.entries(column!.edited).filter(([id]) => id !== 'v2'),
      );
      return window.fakeBoard.show({ columns: [{ ...column!, edited }] });
    });
    await variant(page, 1).getByText('Edited (of the edit before)').waitFor();
  });

  it('measures from the move to the picture on the screen', async () => {
    const page = await opened();
    await page.locator('.tile canvas').nth(5).waitFor();
    await variant(page, 1).getByRole('slider', { name: 'Strength' }).press('ArrowRight');
    await eventually('the command', async () => (await commands(page)).length === 1);
    await page.waitForTimeout(300);
    await page.evaluate(
      (cell) => {
        const [column] = window.fakeBoard.state().columns;
        const columns = [{ ...column!, edited: { ...column!.edited, v2: cell } }];
        return window.fakeBoard.show({ columns, shown: window.fakeBoard.state().seen });
      },
      aCell('p-55', 6),
    );
    const words = page.locator('.latency');
    await eventually('a figure', async () => (await words.innerText()).includes('(1)'));
    const last = Number(/last ([\d.]+) ms/.exec(await words.innerText())?.[1]);
    assert.ok(last >= 300 && last < 5000, await words.innerText());
  });

  it('paints with the brush: the recipe gets the pixels, the screen the cells', async () => {
    const page = await opened();
    await variant(page, 1).getByRole('button', { name: 'Paint Mask' }).click();
    const canvas = page.locator('.paintPicture canvas');
    await canvas.waitFor();
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + box.height / 2, { steps: 5 });
    assert.equal((await commands(page)).length, 0, 'a stroke is one edit');
    await page.mouse.up();
    await page.getByText(/cells of up\.0\.1 are touched, \d+ of them partly/).waitFor();
    const mask = maskOf(await lastMask(page), 128, 128);
    // A bar of 64 x 24 pixels with round ends, soft at its edge: more than half of it, less than all.
    assert.ok(coverage(mask) > 0.05 && coverage(mask) < 0.13, String(coverage(mask)));
    assert.equal(mask.values[64 * 128 + 64], 255);
    assert.equal(mask.values[20 * 128 + 64], 0);
    await page.getByText('Invert').click();
    await eventually('an inverted mask', async () => {
      return maskOf(await lastMask(page), 128, 128).values[20 * 128 + 64] === 255;
    });
    await page.getByText('Clear Mask').click();
    await page.getByText('The mask is empty, so this edit changes nothing.').waitFor();
  });

  it('paints by keyboard: cells, and rectangles of them', async () => {
    const page = await opened();
    await variant(page, 1).getByRole('button', { name: 'Paint Mask' }).click();
    await page.getByRole('combobox', { name: 'Tool' }).click();
    await page.getByRole('option', { name: 'Single cells' }).click();
    const canvas = page.locator('.paintPicture canvas');
    await page.mouse.move(1, 1);
    await canvas.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByText('1 of 256 cells of up.0.1 are touched, 0 of them partly').waitFor();
    assert.equal(maskOf(await lastMask(page), 128, 128).values[8], 255);
    await page.getByRole('combobox', { name: 'Tool' }).click();
    await page.getByRole('option', { name: 'Rectangle of cells' }).click();
    await canvas.focus();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByRole('button', { name: 'Fill' }).click();
    await page.getByText('4 of 256 cells').waitFor();
  });

  it('takes dropped features, keys for undo, and Escape for a run', async () => {
    const page = await opened();
    await page.locator('.variants').evaluate((element) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData('text/plain', 'mid.0/12\nup.0.0/3');
      element.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
    });
    await eventually('features', async () => (await calls(page, 'board/add')).length === 1);
    assert.deepEqual(await calls(page, 'board/add'), [
      {
        features: [
          { block: 'mid.0', id: 12 },
          { block: 'up.0.0', id: 3 },
        ],
      },
    ]);
    await variant(page, 0).locator('.variantName').focus();
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+Shift+z');
    await eventually('undo', async () => (await calls(page, 'board/undo')).length === 2);
    assert.deepEqual(await calls(page, 'board/undo'), [{ isRedo: false }, { isRedo: true }]);
    await page.evaluate(() => {
      const count = { done: 6, total: 17, unit: 'pictures' };
      return window.fakeBoard.show({
        job: { kind: 'board', phase: 'Making pictures', fraction: 0.4, count },
      });
    });
    await page.getByText('6 of 17').waitFor();
    await page.keyboard.press('Escape');
    await eventually('cancel', async () => (await calls(page, 'board/cancel')).length === 1);
  });

  it('blinks, swipes, and shows the difference alone', async () => {
    const page = await opened();
    const choose = async (name: string): Promise<void> => {
      await page.getByRole('combobox', { name: 'Compare' }).click();
      await page.getByRole('option', { name, exact: true }).click();
    };
    const captions = variant(page, 0).locator('figcaption');
    await choose('Difference');
    await eventually(
      'one tile',
      async () => (await captions.allInnerTexts()).join() === 'Difference',
    );
    await choose('Swipe');
    await page.getByRole('slider', { name: 'Original up to' }).waitFor();
    await eventually('a swipe', async () => (await captions.innerText()) === 'Original | edited');
    await choose('Blink');
    await eventually('the original', async () => (await captions.innerText()) === 'Original');
    await eventually('the edited', async () => (await captions.innerText()) === 'Edited');
  });

  it('sets sources, steps and columns, and says what is wrong with them', async () => {
    const page = await opened();
    const another = page.getByRole('textbox', { name: 'Another' });
    await another.fill('=channel 5');
    await another.press('Enter');
    await eventually('a channel', async () => {
      const [edit] = (await lastRecipe(page))?.edits ?? [];
      return edit && 'sources' in edit && JSON.stringify(edit.sources) === '[{"channel":5}]';
    });
    await another.fill('9999');
    await another.press('Enter');
    await page.getByText('up.0.1 has features 0 to 639, not 9999.').waitFor();
    await page.getByRole('textbox', { name: 'Steps' }).fill('2-9');
    await page.keyboard.press('Tab');
    await page.getByText('"2-9" is no step: 1 to 4').waitFor();
  });

  it('exports figures as CSV and the board as a PNG sheet', async () => {
    const page = await opened();
    await page.locator('.tile canvas').nth(5).waitFor();
    await page.getByRole('button', { name: 'Copy CSV' }).click();
    await page.getByText('Figures copied as CSV.').waitFor();
    const [copied] = await calls(page, 'board/copyText');
    assert.equal((copied as { text: string }).text.trimEnd().split('\n').length, 3);
    await page.getByRole('button', { name: 'Save Sheet…' }).click();
    await eventually('a sheet', async () => (await calls(page, 'board/saveFile')).length === 1);
    const head = await page.evaluate(() => {
      const { params } = window.fakeBoard.calls.find(({ method }) => method === 'board/saveFile')!;
      const { bytes } = params as { bytes: ArrayBuffer };
      return [...new Uint8Array(bytes, 1, 3), bytes.byteLength];
    });
    assert.equal(String.fromCharCode(...head.slice(0, 3)), 'PNG');
    assert.ok(head[3]! > 20_000);
  });

  it('shows controls with effect sizes, a strip with its curve, and says when they are of an edit before', async () => {
    const page = await opened(boardWithEvidence());
    // Random 2 and 3, sign 4, direction 5, permuted 6, each times 5 inside: mean 20, std sqrt(62.5); the edit 72.5.
    const row = page
      .getByRole('region', { name: 'Matched controls' })
      .getByRole('row', { name: /^All/ });
    const cells = await row.getByRole('cell').allInnerTexts();
    assert.deepEqual(cells, ['5', '20', '7.91', '3.63 ×', '6.64']);
    assert.equal(await page.locator('.doseCurve circle').count(), 7);
    assert.equal(await page.getByText('Of the edit before').count(), 3);
    const rank = page.getByRole('region', { name: 'Causal rank' });
    await rank.getByRole('button', { name: 'Ablate up.0.1/36' }).click();
    assert.deepEqual(await calls(page, 'board/add'), [{ features: [{ block: 'up.0.1', id: 36 }] }]);
    await page.getByText('2 of 50 so far').waitFor();
  });

  it('is there again after a reload, as it was looked at', async () => {
    const page = await opened();
    await page.getByRole('combobox', { name: 'Compare' }).click();
    await page.getByRole('option', { name: 'Difference', exact: true }).click();
    await page.evaluate(() => {
      return window.fakeBoard.show({});
    });
    await page.waitForTimeout(100);
    await page.reload();
    await variant(page, 0).getByText('Difference', { exact: true }).waitFor();
    assert.equal(await variant(page, 0).locator('figcaption').count(), 1);
  });

  it('asks for what was added in a mask to be painted', async () => {
    const page = await opened();
    await page.evaluate(
      (recipe) => {
        const { document } = window.fakeBoard.state();
        const variants = [...document.variants, { id: 'v3', recipe }];
        return window.fakeBoard.show({
          document: { ...document, variants },
          focusId: 'v3',
          paintRequests: 1,
        });
      },
      addition('mid.0', 4),
    );
    await variant(page, 2).getByRole('region', { name: 'Mask' }).waitFor();
  });
});

const variant = (page: Page, index: number): Locator => page.locator('.variant').nth(index);

const commands = async (page: Page): Promise<BoardCommand[]> =>
  (await calls(page, 'board/command', 0)).map(
    (params) => (params as { command: BoardCommand }).command,
  );

async function lastRecipe(page: Page) {
  const last = (await commands(page)).findLast((one) => one.kind === 'setRecipe');
  return last?.kind === 'setRecipe' ? last.recipe : undefined;
}

const lastMask = async (page: Page) => (await lastRecipe(page))?.edits[0]?.mask;
