import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { openPartsPage, themeNames } from './harness.ts';
import { usePanels } from './usePanels.ts';

describe('feature chip', () => {
  const open = usePanels();
  const events = (page: Page) => page.evaluate(() => window.chipEvents);
  const chip = (page: Page, name: string) => page.getByRole('button', { name });

  it('opens the card by click and Enter, and goes to the board with Ctrl', async () => {
    const { page } = await open((browser) => openPartsPage(browser, 'chipDemo.ts'));
    await chip(page, 'mid.0/3, red apple (imported label), 12.3 mean activation').click();
    await chip(page, 'mid.0/3').click({ modifiers: ['Control'] });
    await chip(page, 'down.2.1/1674').click({ modifiers: ['Control'] });
    await chip(page, 'mid.0/3').focus();
    await page.keyboard.press('Enter');
    assert.deepEqual(await events(page), ['open 3', 'board 3', 'open 1674', 'open 3']);
  });

  it('is dragged with its name', async () => {
    const { page } = await open((browser) => openPartsPage(browser, 'chipDemo.ts'));
    await chip(page, 'up.0.1/5').dragTo(page.locator('#drop'));
    assert.deepEqual(await events(page), ['drop up.0.1/5']);
  });

  it('says more while the mouse or the focus rests on it, and less after Escape', async () => {
    const { page } = await open((browser) => openPartsPage(browser, 'chipDemo.ts'));
    const card = page.getByRole('tooltip');
    await chip(page, 'mid.0/3').hover();
    await card.getByText('Density 1.23 % of cells').waitFor();
    await card.hover();
    await page.waitForTimeout(300);
    assert.ok(await card.isVisible(), 'the mouse may move onto it');
    await page.keyboard.press('Escape');
    await page.mouse.move(790, 890);
    await card.waitFor({ state: 'hidden' });
    await chip(page, 'up.0.0/4').focus();
    await card.getByText('no index yet').waitFor();
    await page.getByRole('heading').click();
    await card.waitFor({ state: 'hidden' });
  });

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open((browser) =>
        openPartsPage(browser, 'chipDemo.ts', { theme, width: 300, height: 400 }),
      );
      await chip(panel.page, 'mid.0/3').focus();
      await panel.page.getByRole('tooltip').waitFor();
      assert.deepEqual(await panel.violations(), []);
      await panel.screenshot(`chip-${theme}`);
      const scrollWidth = await panel.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(scrollWidth <= 300, `${scrollWidth}`);
    });
  }
});
