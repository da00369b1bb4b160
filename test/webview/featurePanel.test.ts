import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { mapOf, ranked } from '../../src/numerics/codes.ts';
import type { FeatureState } from '../../src/protocol/featurePanel.ts';
import { activitiesOf, codesOf } from '../../webview/features/codes.ts';
import { calls } from './calls.ts';
import { aFeatureState, someReadings } from './featureFixtures.ts';
import { block, feature, holds, ids, pixels } from './featurePage.ts';
import { openFeaturePanel, themeNames, type OpenPanel, type PanelOptions } from './harness.ts';
import { aManifest } from './resultFixtures.ts';
import { usePanels } from './usePanels.ts';

const manySteps = {
  picture: { runId: 'run-7-steps-4', manifest: aManifest({ seed: 7, steps: 4 }) },
};
const second = { runId: 'run-11', manifest: aManifest({ seed: 11 }) };

describe('feature view', () => {
  const openPanel = usePanels();
  const open = async (state: FeatureState, options?: PanelOptions): Promise<OpenPanel> => {
    const panel = await openPanel((browser) => openFeaturePanel(browser, state, options));
    await panel.page.locator('#root > :nth-child(2)').waitFor();
    return panel;
  };
  const opened = async (state = aFeatureState(), options?: PanelOptions): Promise<Page> => {
    const { page } = await open(state, options);
    await block(page, 'down.2.1').getByRole('row').nth(5).waitFor();
    await page.locator('.zoomBar').first().waitFor();
    return page;
  };

  it('ranks the features of every block as the arithmetic does', async () => {
    const page = await opened();
    for (const reading of someReadings(7)) {
      const top = ranked(activitiesOf(reading, 0), 'mean').slice(0, 20);
      assert.deepEqual(
        await ids(page, reading.block),
        top.map(({ id }) => String(id)),
      );
    }
    const reading = someReadings(7)[0]!;
    const first = ranked(activitiesOf(reading, 0), 'mean')[0]!;
    const total = activitiesOf(reading, 0).reduce((sum, one) => sum + one.sum, 0);
    const cells = await block(page, 'down.2.1')
      .locator('tbody tr')
      .first()
      .locator('td')
      .allInnerTexts();
    assert.ok(Math.abs(Number(cells[1]) / first.mean - 1) < 0.01, cells.join());
    assert.ok(Math.abs(parseFloat(cells[2]!) / ((100 * first.sum) / total) - 1) < 0.01);
    assert.equal(cells[3], String(first.cells));
  });

  it('ranks by the largest cell and shows more', async () => {
    const page = await opened();
    await page.getByRole('combobox', { name: 'Rank by' }).click();
    await page.getByRole('option', { name: 'Largest cell' }).click();
    await page.getByRole('combobox', { name: 'Per block' }).click();
    await page.getByRole('option', { name: 'Top 10', exact: true }).click();
    const top = ranked(activitiesOf(someReadings(7)[3]!, 0), 'max').slice(0, 10);
    await holds(async () => {
      assert.deepEqual(
        await ids(page, 'up.0.1'),
        top.map(({ id }) => String(id)),
      );
    });
    assert.equal(await block(page, 'up.0.1').getByRole('columnheader', { name: 'Max' }).count(), 1);
  });

  it("draws a feature's map when it is clicked, and tells the host", async () => {
    const page = await opened();
    const before = await pixels(page);
    const id = (await ids(page, 'mid.0'))[0]!;
    await feature(page, `mid.0/${id}`).click();
    await page.getByRole('img', { name: `mid.0/${id}: colours from 0 to` }).waitFor();
    assert.notEqual(await pixels(page), before);
    assert.deepEqual(await calls(page, 'features/select'), [
      { feature: { block: 'mid.0', id: Number(id) } },
    ]);
    assert.equal(await feature(page, `mid.0/${id}`).getAttribute('aria-pressed'), 'true');
    await page.getByText('Show as table').click();
    const reading = someReadings(7)[1]!;
    const map = mapOf(codesOf(reading, 0), Number(id));
    const row = page.locator('.mapTable').getByRole('row').nth(4);
    const shown = (await row.getByRole('cell').allInnerTexts()).map(Number);
    for (const [column, value] of shown.entries()) {
      assert.ok(Math.abs(value - map[3 * 16 + column]!) <= 0.006 * value + 1e-4, `${column}`);
    }
  });

  it('holds several features together, by colour or side by side', async () => {
    const page = await opened();
    const [one, two] = await ids(page, 'up.0.0');
    await feature(page, `up.0.0/${one}`).click();
    await page.getByRole('button', { name: `Show up.0.0/${two} beside the others` }).click();
    assert.equal(await page.locator('.colourBar').count(), 2);
    await page.getByRole('combobox', { name: 'Features' }).click();
    await page.getByRole('option', { name: 'Side by side' }).click();
    await page.locator('.tile').nth(1).waitFor();
    assert.equal(await page.locator('.tile').count(), 2);
    await page.getByRole('button', { name: 'No map', exact: true }).click();
    assert.equal(await page.locator('.colourBar').count(), 0);
  });

  it('hides the map while space is held', async () => {
    const page = await opened();
    const plain = await pixels(page);
    await feature(page, `up.0.1/${(await ids(page, 'up.0.1'))[0]}`).click();
    await page.mouse.move(1, 1);
    const canvas = page.locator('fs-picture canvas').first();
    await canvas.focus();
    const mapped = await pixels(page);
    assert.notEqual(mapped, plain);
    await page.keyboard.down(' ');
    assert.equal(await pixels(page), plain);
    await page.keyboard.up(' ');
    assert.equal(await pixels(page), mapped);
  });

  it('lists the features of a cell by mouse and of a rectangle by keyboard', async () => {
    const page = await opened();
    const canvas = page.locator('fs-picture canvas').first();
    const box = (await canvas.boundingBox())!;
    await page.mouse.click(box.x + (box.width * 5.5) / 16, box.y + (box.height * 9.5) / 16);
    await block(page, 'down.2.1').getByText('cell 5, 9').waitFor();
    const codes = codesOf(someReadings(7)[0]!, 0);
    const from = (9 * 16 + 5) * codes.slotCount;
    const expected = [...codes.ids.subarray(from, from + codes.slotCount)].filter(
      (_, slot) => codes.values[from + slot]! > 0,
    );
    assert.deepEqual(await ids(page, 'down.2.1'), expected.map(String));

    await canvas.press('Escape');
    await block(page, 'down.2.1').getByText('whole picture').waitFor();
    await page.mouse.move(1, 1);
    await canvas.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    await block(page, 'down.2.1').getByText('against the rest').waitFor();
    assert.equal(
      await block(page, 'down.2.1').getByRole('columnheader', { name: 'More' }).count(),
      1,
    );
    await page.getByRole('button', { name: 'Whole picture' }).click();
    await block(page, 'down.2.1').getByText('whole picture').waitFor();
  });

  it('goes through steps', async () => {
    const page = await opened(aFeatureState(manySteps));
    const steps = page.getByRole('slider', { name: 'Step' });
    await steps.focus();
    await page.keyboard.press('ArrowRight');
    const top = ranked(activitiesOf(someReadings(7, { stepCount: 4 })[0]!, 1), 'mean').slice(0, 20);
    assert.deepEqual(
      await ids(page, 'down.2.1'),
      top.map(({ id }) => String(id)),
    );
    await page.getByText('2 of 4', { exact: true }).waitFor();
    assert.deepEqual(await calls(page, 'features/step'), [{ stepIndex: 1 }]);
  });

  it('shows what the SAE misses', async () => {
    const page = await opened();
    const before = await pixels(page);
    const missed = page.getByRole('button', { name: 'Map of what the SAE of mid.0 misses' });
    await missed.press('Enter');
    await page
      .getByRole('img', { name: 'mid.0: missed by the SAE: colours from 0 to 100' })
      .waitFor();
    assert.notEqual(await pixels(page), before);
    assert.equal(await missed.getAttribute('aria-pressed'), 'true');
  });

  it('compares two pictures', async () => {
    const page = await opened();
    await page.getByRole('button', { name: 'Compare with…' }).click();
    await page.locator('.tile').nth(1).waitFor();
    await block(page, 'up.0.1').getByRole('columnheader', { name: 'Difference' }).waitFor();
    const row = block(page, 'up.0.1').locator('tbody tr').first().locator('td');
    const [, first, other, difference] = (await row.allInnerTexts()).map(Number);
    assert.ok(Math.abs(first! - other! - difference!) < 0.02 * Math.max(first!, other!));
    await page.getByRole('button', { name: 'End comparison' }).click();
    await block(page, 'up.0.1').getByText('whole picture').waitFor();
  });

  it('pins a feature to the top, and shows the one that was chosen in the tree', async () => {
    const page = await opened();
    const tenth = (await ids(page, 'down.2.1'))[9]!;
    await page.getByRole('button', { name: `Pin down.2.1/${tenth}`, exact: true }).click();
    await holds(async () => {
      assert.equal((await ids(page, 'down.2.1'))[0], tenth);
    });
    await page.evaluate(() => {
      return window.fakeFeatures.show({ selected: { block: 'up.0.0', id: 25 } });
    });
    await page.getByRole('img', { name: 'up.0.0/25: colours from 0 to' }).waitFor();
  });

  it('offers Generate while there is no picture, and again for a run without features', async () => {
    const panel = await open(aFeatureState({ picture: null }));
    await panel.page.getByRole('button', { name: 'Generate' }).click();
    assert.equal((await calls(panel.page, 'features/generate')).length, 1);
    await panel.page.evaluate((manifest) => {
      return window.fakeFeatures.show({ picture: { runId: 'run-unread', manifest } });
    }, aManifest());
    await panel.page.getByRole('alert').getByText('without its features').waitFor();
    await panel.page.getByRole('button', { name: 'Generate Again' }).click();
    assert.equal((await calls(panel.page, 'features/generate', 2)).length, 2);
  });

  it('says so when the model has no SAEs', async () => {
    const picture = { runId: 'run-7-nosae', manifest: aManifest() };
    const { page } = await open(aFeatureState({ picture }));
    await page.getByRole('button', { name: 'Choose Model' }).click();
    assert.deepEqual(await calls(page, 'features/act'), [{ action: 'chooseModel' }]);
  });

  it('keeps what was chosen over a reload of the page', async () => {
    const page = await opened();
    const id = (await ids(page, 'up.0.1'))[2]!;
    await feature(page, `up.0.1/${id}`).click();
    await page.reload();
    await page.getByRole('img', { name: `up.0.1/${id}: colours from 0 to` }).waitFor();
  });

  it('draws a map at once after the click (32 x 32 cells, 5120 features); prints how fast', async () => {
    const picture = { runId: 'run-7-cells-32-features-5120', manifest: aManifest() };
    const page = await opened(aFeatureState({ picture }), { width: 1600 });
    const durationsMs = await page.evaluate(async () => {
      const context = document.querySelector('canvas')!.getContext('2d')!;
      const viewer = document.querySelector<HTMLElement & { updateComplete: Promise<unknown> }>(
        'fs-picture',
      )!;
      const measured: number[] = [];
      for (const button of [...document.querySelectorAll<HTMLElement>('.featureId')].slice(0, 40)) {
        const before = context.canvas.toDataURL();
        const beganMs = performance.now();
        button.click();
        await viewer.updateComplete;
        context.getImageData(0, 0, 1, 1);
        measured.push(performance.now() - beganMs);
        if (context.canvas.toDataURL() === before) throw new Error('Nothing new was drawn.');
        await new Promise(requestAnimationFrame);
      }
      return measured.toSorted((a, b) => a - b);
    });
    const at = (share: number): string =>
      durationsMs[Math.floor(durationsMs.length * share)]!.toFixed(1);
    process.stdout.write(
      `      click to map: median ${at(0.5)} ms, p95 ${at(0.95)} ms of ${durationsMs.length} (goal 100 ms)\n`,
    );
  }).timeout(60_000);

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open(aFeatureState({ picture: null }), { theme });
      const { page } = panel;
      assert.deepEqual(await panel.violations(), [], 'empty');
      const pinned = [{ block: 'up.0.1', id: 33 }];
      await page.evaluate(
        (next) => {
          return window.fakeFeatures.show(next);
        },
        aFeatureState({ ...manySteps, pinned }),
      );
      await block(page, 'down.2.1').getByRole('row').nth(5).waitFor();
      const id = (await ids(page, 'mid.0'))[0]!;
      await feature(page, `mid.0/${id}`).click();
      await shoot(panel, 'one', theme);
      await page.getByText('U-net: where the blocks are').click();
      await page.locator('.unetPart button').first().waitFor();
      await page.locator('.unet').getByText('Show as table').click();
      await shoot(panel, 'unet', theme);
      assert.deepEqual(await panel.violations(), [], 'U-net');
      await page.locator('.unet').getByText('Show as table').click();
      await page.getByText('U-net: where the blocks are').click();
      const next = (await ids(page, 'up.0.1'))[1]!;
      await page.getByRole('button', { name: `Show up.0.1/${next} beside the others` }).click();
      await page.locator('.pictureSide').getByText('Show as table').click();
      await page.getByText('how?').first().click();
      assert.deepEqual(await panel.violations(), [], 'features');
      await page.locator('.pictureSide').getByText('Show as table').click();
      await page.getByText('how?').first().click();
      await page.evaluate((other) => {
        return window.fakeFeatures.show({ other });
      }, second);
      await page.locator('.tile').nth(1).waitFor();
      await shoot(panel, 'compare', theme);
      assert.deepEqual(await panel.violations(), [], 'compare');
    }).timeout(60_000);
  }
});

/** Looked at by people; high contrast differs in lines only. */
async function shoot(panel: OpenPanel, name: string, theme: string): Promise<void> {
  if (theme.startsWith('hc')) return;
  for (const width of [300, 640, 900, 1600]) {
    await panel.page.setViewportSize({ width, height: 900 });
    await panel.page.waitForTimeout(150);
    await panel.screenshot(`features-${name}-${theme}-${width}`);
  }
  await panel.page.setViewportSize({ width: 900, height: 900 });
}
