import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import type { PictureViewer } from '../../webview/shared/picture/pictureViewer.ts';
import { openPartsPage, type PanelOptions } from './harness.ts';
import { usePanels } from './usePanels.ts';

describe('picture viewer', () => {
  const openPanel = usePanels();

  async function open(options?: PanelOptions): Promise<Page> {
    const { page } = await openPanel((browser) =>
      openPartsPage(browser, 'pictureDemo.ts', options),
    );
    await page.waitForFunction(() =>
      [...document.querySelectorAll<PictureViewer>('fs-picture')].every(({ stage }) => stage),
    );
    return page;
  }
  const canvas = (page: Page, id: string) => page.locator(`#${id} canvas`);
  /** Everything that is on a canvas now. */
  const drawn = (target: Locator) =>
    target.evaluate((element: HTMLCanvasElement) => element.toDataURL());
  const zoomOf = (page: Page, id: string) => page.locator(`#${id} .zoomPercent`).innerText();
  const readOut = (page: Page, id: string) => page.locator(`#${id} .pictureReadOut`).innerText();
  const selections = (page: Page) => page.evaluate(() => window.demo.selections);

  /** Middle of a cell of the 16 x 16 maps, on a fitted picture. */
  async function middleOf(target: Locator, column: number, row: number) {
    const { width, height } = (await target.boundingBox())!;
    return { x: ((column + 0.5) / 16) * width, y: ((row + 0.5) / 16) * height };
  }

  it('reads out the cell and the value of every map under the mouse', async () => {
    const page = await open();
    await canvas(page, 'right').hover({ position: await middleOf(canvas(page, 'right'), 4, 5) });
    assert.equal(await readOut(page, 'right'), 'Cell 4, 5: Red 24 µ, Blue 0 µ');
    await page.mouse.move(1, 1);
    assert.equal(await readOut(page, 'right'), '');
  });

  it('hides the maps while space is held', async () => {
    const page = await open();
    await canvas(page, 'third').focus();
    const before = await drawn(canvas(page, 'third'));
    await page.keyboard.down(' ');
    const hidden = await drawn(canvas(page, 'third'));
    await page.keyboard.up(' ');
    assert.notEqual(hidden, before);
    assert.equal(await drawn(canvas(page, 'third')), before);
    await page.getByRole('checkbox', { name: 'Show maps' }).click();
    assert.equal(await drawn(canvas(page, 'third')), hidden);
  });

  it('changes opacity and style of the maps of all pictures', async () => {
    const page = await open();
    const target = canvas(page, 'left');
    const before = await drawn(target);
    await page.getByRole('combobox', { name: 'Cells as' }).click();
    await page.getByRole('option', { name: 'Smooth' }).click();
    const smooth = await drawn(target);
    assert.notEqual(smooth, before);
    await page.getByRole('slider', { name: 'Opacity' }).fill('0');
    const clear = await drawn(target);
    assert.notEqual(clear, smooth);
    await page.getByRole('checkbox', { name: 'Show maps' }).click();
    assert.equal(await drawn(target), clear);
  });

  describe('choosing cells', () => {
    it('takes one by mouse and one by keyboard', async () => {
      const page = await open();
      const target = canvas(page, 'left');
      await target.click({ position: await middleOf(target, 6, 9) });
      await page.mouse.move(1, 1);
      assert.match(await readOut(page, 'left'), /^Cell 6, 9: up\.0\.1\/1674 24 µ$/);
      for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown', 'Enter']) {
        await page.keyboard.press(key);
      }
      const one = { column: 6, row: 9, columns: 1, rows: 1 };
      assert.deepEqual(await selections(page), [one, { ...one, column: 1, row: 1 }]);
    });

    it('takes a rectangle by a drag, also one that leaves the picture', async () => {
      const page = await open();
      const target = canvas(page, 'right');
      const box = (await target.boundingBox())!;
      const from = await middleOf(target, 12, 12);
      await page.mouse.move(box.x + from.x, box.y + from.y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width + 50, box.y + box.height + 50, { steps: 4 });
      await page.mouse.up();
      const last = (await selections(page)).at(-1);
      assert.deepEqual(last, { column: 12, row: 12, columns: 4, rows: 4 });
    });

    it('takes a rectangle with shift and arrows, and lets it go with Escape', async () => {
      const page = await open();
      await canvas(page, 'right').focus();
      for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowDown']) {
        await page.keyboard.press(key);
      }
      const last = (await selections(page)).at(-1);
      assert.deepEqual(last, { column: 1, row: 0, columns: 2, rows: 2 });
      await page.keyboard.press('Escape');
      assert.equal((await selections(page)).at(-1), null);
    });
  });

  describe('zoom and pan', () => {
    it('are common to pictures that share a view', async () => {
      const page = await open();
      await canvas(page, 'left').focus();
      await page.keyboard.press('1');
      assert.deepEqual(
        await Promise.all(['left', 'right', 'third'].map((id) => zoomOf(page, id))),
        ['100 %', '100 %', '100 %'],
      );
      await page.keyboard.press('+');
      await page.keyboard.press('+');
      assert.equal(await zoomOf(page, 'third'), '200 %');
      await page.keyboard.press('-');
      await page.locator('#third').getByRole('button', { name: 'Zoom out' }).click();
      assert.equal(await zoomOf(page, 'left'), '100 %');
      await page.keyboard.press('Tab');
      await page.locator('#right').getByRole('button', { name: 'Fit' }).click();
      assert.notEqual(await zoomOf(page, 'left'), '100 %');
    });

    it('follow Ctrl and wheel at the pointer, a drag, and the wheel alone', async () => {
      const page = await open();
      const target = canvas(page, 'third');
      const at = await middleOf(target, 9, 9);
      await target.hover({ position: at });
      await page.keyboard.down('Control');
      await page.mouse.wheel(0, -400);
      await page.mouse.wheel(0, -400);
      await page.mouse.wheel(0, -400);
      await page.keyboard.up('Control');
      await page.waitForFunction(
        () => parseInt(document.querySelector('#third .zoomPercent')!.textContent) > 400,
      );
      await target.hover({ position: { x: at.x + 1, y: at.y } });
      assert.match(await readOut(page, 'third'), /^Cell 9, 9/);
      const before = await drawn(target);
      await page.mouse.down();
      await page.mouse.move(300, 300);
      await page.mouse.move(620, 120);
      await page.mouse.up();
      const dragged = await drawn(target);
      assert.notEqual(dragged, before);
      await page.mouse.wheel(0, 60);
      await page.waitForTimeout(100);
      assert.notEqual(await drawn(target), dragged);
    });

    it('leave the wheel to the page while all of the picture is seen', async () => {
      const page = await open({ height: 300 });
      await canvas(page, 'left').hover();
      await page.mouse.wheel(0, 200);
      await page.waitForFunction(() => window.scrollY > 0);
    });

    it('follow the cell cursor', async () => {
      const page = await open();
      await canvas(page, 'left').focus();
      for (const key of ['+', '+', '+', '+', '+', 'ArrowRight']) await page.keyboard.press(key);
      const before = await drawn(canvas(page, 'left'));
      for (let step = 0; step < 15; step++) await page.keyboard.press('ArrowRight');
      assert.match(await readOut(page, 'left'), /^Cell 15, 0/);
      assert.notEqual(await drawn(canvas(page, 'left')), before);
      const { x } = await page
        .locator('#left')
        .evaluate((viewer: PictureViewer) => viewer.view.position.centre);
      assert.ok(x > 0.8, `${x}`);
    });
  });

  it('draws in device pixels', async () => {
    const page = await open({ pixelRatio: 2 });
    const [own, css] = await canvas(page, 'left').evaluate(
      (element: HTMLCanvasElement) =>
        [element.width, element.getBoundingClientRect().width] as const,
    );
    assert.equal(own, Math.round(2 * css));
  });

  it('gives every pixel the same width at any zoom between one and four', async () => {
    const page = await open();
    const columns = await page.evaluate(() => {
      // Stripes of one white and two black columns, at 2.6 times.
      const stripes = new OffscreenCanvas(30, 4);
      const paint = stripes.getContext('2d')!;
      paint.fillRect(0, 0, 30, 4);
      paint.fillStyle = 'white';
      for (let x = 0; x < 30; x += 3) paint.fillRect(x, 0, 1, 4);
      const target = document.createElement('canvas');
      target.width = 78;
      target.height = 10;
      const context = target.getContext('2d')!;
      window.demo.drawCrisp(context, stripes, { left: 0, top: 0, width: 78, height: 10 });
      const { data } = context.getImageData(0, 5, 78, 1);
      return Array.from({ length: 78 }, (_, x) => data[x * 4]! / 255);
    });
    for (let stripe = 1; stripe < 9; stripe++) {
      const middle = (stripe * 3 + 0.5) * 2.6;
      const light = columns.reduce(
        (sum, value, x) => sum + (Math.abs(x + 0.5 - middle) < 3.9 ? value : 0),
        0,
      );
      // Nearest neighbour gives 2 or 3; a twelfth of a pixel is what the browser's filter leaves (8 bits).
      assert.ok(Math.abs(light - 2.6) < 0.3, `stripe ${stripe}: ${light}`);
    }
  });

  it('shows the numbers of a map as a table', async () => {
    const page = await open();
    const rows = page.getByRole('table').getByRole('row');
    assert.equal(await rows.count(), 17);
    assert.match(await rows.nth(10).innerText(), /^9\t0\t0\t5\.92\t8\.4/);
  });

  it('draws another map of 32 x 32 cells within 50 ms (median)', async () => {
    const page = await open({ width: 1600 });
    const durationsMs = await page.evaluate(async () => {
      const viewer = document.querySelector<PictureViewer>('#left')!;
      viewer.overlay = { isShown: true, opacity: 0.7, style: 'smooth' };
      const context = viewer.querySelector('canvas')!.getContext('2d')!;
      const measured: number[] = [];
      for (let round = 0; round < 60; round++) {
        const map = window.demo.bump('m', round % 32, 16, 'viridis', 32);
        const startMs = performance.now();
        viewer.maps = [map];
        await viewer.updateComplete;
        context.getImageData(0, 0, 1, 1);
        measured.push(performance.now() - startMs);
      }
      return measured.slice(10).toSorted((a, b) => a - b);
    });
    const median = durationsMs[Math.floor(durationsMs.length / 2)]!;
    assert.ok(median < 50, `${median} ms`);
  });
});
