import type { Browser } from 'playwright-core';
import { launchBrowser, type OpenPanel } from './harness.ts';

/**
 * Gives a suite one browser and closes what its tests opened; a test fails when its page logged an error.
 *
 * @returns opens a panel, to be called inside a test
 */
export function usePanels(): (
  open: (browser: Browser) => Promise<OpenPanel>,
) => Promise<OpenPanel> {
  let browser: Browser;
  let panel: OpenPanel | undefined;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());
  afterEach(async () => {
    const open = panel;
    panel = undefined;
    await open?.close();
  });
  return async (open) => {
    panel = await open(browser);
    return panel;
  };
}
