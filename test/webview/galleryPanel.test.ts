import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { GalleryState } from '../../src/protocol/galleryPanel.ts';
import { eventually } from '../support/eventually.ts';
import { calls } from './calls.ts';
import { aGalleryState, someRows } from './cardFixtures.ts';
import { openIndexPanel, themeNames, type OpenPanel, type PanelOptions } from './harness.ts';
import { usePanels } from './usePanels.ts';

describe('feature gallery', () => {
  const openPanel = usePanels();
  const open = async (state = aGalleryState(), options: PanelOptions = {}): Promise<OpenPanel> => {
    const panel = await openPanel((browser) => openIndexPanel(browser, 'gallery', state, options));
    await panel.page.locator('#root > :nth-child(2)').waitFor();
    return panel;
  };
  const opened = async (): Promise<Page> => {
    const { page } = await open();
    await page.locator('.galleryTile').first().waitFor();
    return page;
  };

  it('holds 20,480 features with only those in view in the page', async () => {
    const page = await opened();
    const dead = someRows().filter(({ isDead }) => isDead).length;
    await page.getByText(`${(20_480 - dead).toLocaleString('en')} features of Mini`).waitFor();
    assert.ok((await page.locator('.galleryTile').count()) < 100);
    await page.getByRole('checkbox', { name: 'Hide dead' }).click();
    await page.getByText('20,480 features').waitFor();
    await page.evaluate(() => {
      window.scrollTo(0, document.documentElement.scrollHeight);
    });
    await page.locator('[data-index="20479"]').waitFor();
    assert.ok((await page.locator('.galleryTile').count()) < 100);
  });

  it('searches, filters and sorts, and says when nothing is found', async () => {
    const page = await opened();
    await page.getByRole('textbox', { name: 'Words or id' }).fill('grass');
    const rows = someRows();
    const found = rows.filter(({ isDead, label }) => !isDead && label?.text === 'grass').length;
    await page.getByText(`${found.toLocaleString('en')} features`).waitFor();
    await page.getByRole('combobox', { name: 'Sort by' }).click();
    await page.getByRole('option', { name: 'Mean strength' }).click();
    await page.getByRole('combobox', { name: 'Block' }).click();
    await page.getByRole('option', { name: 'up.0.0' }).click();
    const best = rows
      .filter(
        ({ block, isDead, label }) => block === 'up.0.0' && !isDead && label?.text === 'grass',
      )
      .sort((a, b) => b.mean - a.mean || a.id - b.id);
    await eventually('the strongest first', async () =>
      (await tiles(page))[0] === `#${best[0]!.id}` ? true : undefined,
    );
    await page.getByRole('textbox', { name: 'Words or id' }).fill('nothing like it');
    await page.getByRole('button', { name: 'Clear Filters' }).click();
    await page.locator('.galleryTile').first().waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Words or id' }).inputValue(), '');
  });

  it('puts what is dropped on the list that is shown', async () => {
    const page = await opened();
    const drag = () =>
      page.locator('.galleryTile').first().dragTo(page.locator('.galleryTile').nth(2));
    await drag();
    await page.getByRole('combobox', { name: 'List' }).click();
    await page.getByRole('option', { name: 'candidates' }).click();
    await page.locator('.galleryTile').nth(2).waitFor();
    const name = await page.locator('.galleryTile').first().getAttribute('data-vscode-context');
    const { block, id } = JSON.parse(name ?? '') as { block: string; id: number };
    await drag();
    const made = await eventually('one change', async () => {
      const found = await calls(page, 'panel/setList');
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(made, [{ name: 'candidates', features: [{ block, id }], isMember: true }]);
  });

  it('is gone through by keys, and opens cards', async () => {
    const page = await opened();
    await page.locator('[data-index="0"]').focus();
    await page.keyboard.press('ArrowRight');
    const columns = Number(await page.getByRole('grid').getAttribute('aria-colcount'));
    await page.keyboard.press('ArrowDown');
    await focused(page, 1 + columns);
    for (let press = 0; press < 8; press++) await page.keyboard.press('PageDown');
    await eventually('a tile further down', async () => {
      const index = await page.evaluate(() =>
        Number((document.activeElement as HTMLElement).dataset['index']),
      );
      return index > 40 && (index - 1) % columns === 0 ? true : undefined;
    });
    const box = await page.locator(':focus').boundingBox();
    assert.ok(box && box.y >= 0 && box.y + box.height <= 900, JSON.stringify(box));
    await page.keyboard.press('p');
    await page.keyboard.press('Enter');
    const [pinned] = await calls(page, 'panel/pin');
    const [card] = await calls(page, 'panel/openCard');
    const { feature } = card as { feature: unknown };
    assert.deepEqual(pinned, { feature, isPinned: true });
    await page.keyboard.press('Control+Enter');
    const [boarded] = await eventually('the board', async () => {
      const all = await calls(page, 'panel/run');
      return all.length > 0 ? all : undefined;
    });
    assert.deepEqual(boarded, { command: 'ablate', target: feature });
  });

  it('follows a command to a block, and says what to do without an index', async () => {
    const page = await opened();
    await show(page, { wanted: { block: 'mid.0', count: 1 } });
    const live = someRows().filter(({ block, isDead }) => block === 'mid.0' && !isDead).length;
    await page.getByText(`${live.toLocaleString('en')} features`).waitFor();
    await show(page, { blocks: [] });
    await page.getByRole('button', { name: 'Index…' }).click();
    assert.deepEqual(await calls(page, 'panel/run'), [{ command: 'indexSae' }]);
  });

  it('keeps what is looked for over hiding, and tells of failures', async () => {
    const page = await opened();
    await page.getByRole('textbox', { name: 'Words or id' }).fill('grass');
    await page.reload();
    await page.locator('.galleryTile').first().waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Words or id' }).inputValue(), 'grass');
    await page.evaluate(() => {
      window.fakeCards.failures['gallery/search'] = {
        code: 'model',
        message: 'The index is damaged.',
      };
    });
    await page.getByRole('textbox', { name: 'Words or id' }).fill('apple');
    await page.getByRole('alert').getByText('The index is damaged.').waitFor();
  });

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}, from 300 px to wide`, async () => {
      const panel = await open(aGalleryState(), { theme });
      const { page } = panel;
      await page.locator('.galleryTile').first().waitFor();
      assert.deepEqual(await panel.violations(), []);
      for (const width of [300, 800, 1900]) {
        await page.setViewportSize({ width, height: 900 });
        await page.waitForTimeout(300);
        const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(scrolled <= width, `${scrolled} at ${width}`);
        if (theme === 'light' || theme === 'dark') {
          const path = `test/.artifacts/webview-gallery-${theme}-${width}.png`;
          await page.screenshot({ path });
        }
      }
    }).timeout(60_000);
  }
});

const tiles = (page: Page): Promise<string[]> =>
  page.locator('.galleryTile .tileName').allInnerTexts();

const focused = (page: Page, index: number): Promise<true> =>
  eventually(`focus on ${index}`, async () =>
    (await page.locator(`[data-index="${index}"]:focus`).count()) > 0 ? true : undefined,
  );

const show = (page: Page, change: Partial<GalleryState>): Promise<void> =>
  page.evaluate((next) => {
    return window.fakeCards.show(next);
  }, change);

/** Requests of a kind, once there is one. */
