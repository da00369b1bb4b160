import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { ResultState } from '../../src/protocol/resultPanel.ts';
import { openPartsPage, openResultPanel, themeNames } from './harness.ts';
import { aPicture, aState } from './resultFixtures.ts';
import { usePanels } from './usePanels.ts';

const cut = { prompt: 'prompt', cutText: 'and a dog', tokenCount: 37, tokenLimit: 32 } as const;
const states: Readonly<Record<string, ResultState>> = {
  empty: aState(),
  noModel: aState({ model: null, limits: null }),
  fourSeeds: aState({ pictures: [7, 8, 9, 10].map((seed) => aPicture(seed)) }),
  running: aState({
    pictures: [7, 8].map((seed) => aPicture(seed)),
    status: {
      kind: 'running',
      phase: 'Denoising step 2 of 4',
      fraction: 0.6,
      pictureIndex: 2,
      pictureCount: 4,
    },
  }),
  failed: aState({
    pictures: [aPicture()],
    status: {
      kind: 'failed',
      problem: {
        cause: 'The engine ended unexpectedly (signal SIGKILL).',
        action: { id: 'restartEngine', label: 'Restart Engine' },
      },
    },
    notice: {
      cause: 'The picture was made but could not be kept. The disk is full.',
      action: { id: 'saveElsewhere', label: 'Save Elsewhere…' },
    },
  }),
  picture: aState({ pictures: [aPicture(7, [cut])], promptHistory: ['a cat on the moon', 'rain'] }),
};
/** Looked at by people; high contrast differs in lines only. */
const pictured = { themes: new Set<string>(['light', 'dark']), widths: [300, 800, 1600] };

describe('themes', () => {
  const open = usePanels();

  for (const theme of themeNames) {
    it(`axe-core finds nothing in the result panel in ${theme}`, async () => {
      const panel = await open((browser) => openResultPanel(browser, aState(), { theme }));
      const { page } = panel;
      await page.getByRole('textbox', { name: 'Prompt', exact: true }).waitFor();
      for (const [name, state] of Object.entries(states)) {
        await page.evaluate((next) => {
          return window.fakeHost.show(next);
        }, state);
        if (name === 'picture') await openEverything(page);
        assert.deepEqual(await panel.violations(), [], name);
        if (!pictured.themes.has(theme)) continue;
        for (const width of pictured.widths) {
          await page.setViewportSize({ width, height: width > 1000 ? 1000 : 900 });
          await panel.screenshot(`result-${name}-${theme}-${width}`);
        }
      }
    }).timeout(60_000);

    it(`axe-core finds nothing in the shared parts in ${theme}`, async () => {
      const panel = await open((browser) => openPartsPage(browser, 'pictureDemo.ts', { theme }));
      await panel.page.locator('#left .zoomBar').waitFor();
      assert.deepEqual(await panel.violations(), []);
      await panel.screenshot(`parts-${theme}`);
    });
  }
});

/** What can be opened, and a wrong value. */
async function openEverything(page: Page): Promise<void> {
  for (const name of ['Earlier prompts', 'Negative prompt', 'how?']) {
    await page.getByText(name, { exact: true }).click();
  }
  await page.getByRole('textbox', { name: 'Steps' }).fill('99');
}
