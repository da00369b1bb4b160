import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { decode } from 'fast-png';
import type { Page } from 'playwright-core';
import type { FeatureState } from '../../src/protocol/featurePanel.ts';
import { activitiesOf } from '../../webview/features/codes.ts';
import { calls } from './calls.ts';
import { aFeatureState, someReadings } from './featureFixtures.ts';
import { block, feature, holds, ids, savedMap } from './featurePage.ts';
import { openFeaturePanel, type OpenPanel, type PanelOptions } from './harness.ts';
import { aManifest } from './resultFixtures.ts';
import { usePanels } from './usePanels.ts';

const second = { runId: 'run-11', manifest: aManifest({ seed: 11 }) };

describe('feature view: what goes out of it, and the U-net', () => {
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

  it('copies the table and saves the map', async () => {
    const page = await opened();
    await page.getByRole('button', { name: 'Copy CSV' }).click();
    const [copied] = (await calls(page, 'features/copyText')) as { text: string }[];
    const lines = copied!.text.trim().split('\n');
    assert.equal(lines[0], 'block,path,step,feature,isPinned,unit,mean,max,sum,cells,shareOfBlock');
    assert.equal(lines.length, 1 + 4 * 20);
    await page.getByText('CSV copied: 80 features of all blocks, the whole picture.').waitFor();
    const save = page.getByRole('button', { name: 'Save map…' });
    await eventually('nothing to save yet', () => save.isDisabled());
    const id = (await ids(page, 'up.0.1'))[0]!;
    await feature(page, `up.0.1/${id}`).click();
    const saved = await savedMap(page);
    assert.equal(saved.name, `up.0.1-${id}-seed-7.png`);
    const { text, height } = decode(saved.png, { checkCrc: true });
    assert.ok(height > 512, 'room for colour bar and caption');
    const inside = JSON.parse(text['featurescope-map'] ?? '') as {
      readonly tiles: { manifest: { prompt: string; seed: number }; maps: { name: string }[] }[];
    };
    assert.equal(inside.tiles[0]?.manifest.seed, 7);
    assert.equal(inside.tiles[0].maps[0]?.name, `up.0.1/${id}`);
  });

  it('saves all pictures that are seen, side by side', async () => {
    const page = await opened(aFeatureState({ other: second }));
    await feature(page, `up.0.0/${(await ids(page, 'up.0.0'))[0]}`).click();
    await page
      .getByRole('button', { name: /beside the others/ })
      .nth(3)
      .click();
    const { png } = await savedMap(page);
    const { width, height } = decode(png, { checkCrc: true });
    assert.ok(width > 2 * 512 && height > 512, `${width} x ${height}`);
    await mkdir('test/.artifacts', { recursive: true });
    await writeFile('test/.artifacts/webview-saved-map.png', png);
  });

  it('copies the listed features of the chosen cells', async () => {
    const page = await opened();
    const canvas = page.locator('fs-picture canvas').first();
    await canvas.focus();
    for (const key of ['ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowDown']) {
      await page.keyboard.press(key);
    }
    await block(page, 'down.2.1').getByText('against the rest').waitFor();
    await page.getByRole('button', { name: 'Copy CSV' }).click();
    const [copied] = (await calls(page, 'features/copyText')) as { text: string }[];
    const [header, row] = copied!.text.split('\n').map((line) => line.split(','));
    assert.deepEqual(header?.slice(-3), ['meanHere', 'meanInRest', 'difference']);
    assert.equal(row?.[3], (await ids(page, 'down.2.1'))[0]);
    await page.getByText(/CSV copied: \d+ features of all blocks, cells \d+, \d+ to/).waitFor();
  });

  it("counts strengths in units of the features' own means, and names the unit", async () => {
    const picture = { runId: 'run-7-means', manifest: aManifest({ seed: 7 }) };
    const page = await opened(aFeatureState({ picture }));
    await page.getByRole('combobox', { name: 'Strength in' }).click();
    await page.getByRole('option', { name: 'Feature means' }).click();
    await block(page, 'mid.0')
      .getByText(/units of each feature's own mean; 1 active/)
      .waitFor();
    await block(page, 'up.0.0').getByText('whole picture, activations').waitFor();
    const mean = (id: number): number => Math.fround(1 + id / 100);
    const expected = activitiesOf(someReadings(7)[1]!, 0)
      .filter(({ id }) => id !== 14)
      .map(({ id, mean: value }) => ({ id, value: value / mean(id) }))
      .sort((a, b) => b.value - a.value);
    assert.deepEqual(
      (await ids(page, 'mid.0')).slice(0, 10),
      expected.slice(0, 10).map(({ id }) => String(id)),
    );
    await feature(page, `mid.0/${expected[0]!.id}`).click();
    await page.getByRole('img', { name: /colours from 0 to \S+ × the feature's mean/ }).waitFor();
  });

  it('explains the blocks by the layers around them, and goes from there to a block', async () => {
    const page = await opened();
    await page.getByText('U-net: where the blocks are').click();
    const up = page.getByRole('region', { name: 'up.0', exact: true });
    await up.getByText('also reads down.2.1').waitFor();
    assert.equal(await page.locator('.unetPart.marked').count(), 4);
    await page.locator('.unetPart button').filter({ hasText: 'up.0.1' }).press('Enter');
    await holds(async () => {
      const focused = await page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
      assert.equal(focused, 'Block up.0.1');
    });
    await page.locator('.unet').getByText('Show as table').click();
    assert.equal(await page.locator('.unetTable tbody tr').count(), 12);
  });

  it('goes to the block or the schematic that the tree asks for, once', async () => {
    const page = await opened();
    const lookAt = async (target: string, count: number): Promise<void> => {
      await page.evaluate(
        (wish) => {
          return window.fakeFeatures.show({ lookAt: wish });
        },
        { target, count },
      );
    };
    const focused = (): Promise<string | null> =>
      page.evaluate(() => document.activeElement?.id ?? null);
    await lookAt('up.0.0', 1);
    await holds(async () => {
      assert.equal(await focused(), 'block-up.0.0');
    });
    await page.locator('.featureId').first().focus();
    await lookAt('up.0.0', 1);
    assert.notEqual(await focused(), 'block-up.0.0');
    await lookAt('unet', 2);
    await page.getByRole('region', { name: 'down.2', exact: true }).waitFor();
  });

  for (const width of [300, 640]) {
    it(`keeps the picture in view while the lists scroll, ${width} px wide`, async () => {
      const { page } = await open(aFeatureState(), { width, height: 800 });
      const row = block(page, 'up.0.1').locator('tbody tr').nth(10);
      await row.waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} of ${width} px`);
      await row.scrollIntoViewIfNeeded();
      const canvas = (await page.locator('fs-picture canvas').first().boundingBox())!;
      assert.ok(canvas.y >= 0 && canvas.y < 60 && canvas.height >= 100, JSON.stringify(canvas));
    });
  }
});
