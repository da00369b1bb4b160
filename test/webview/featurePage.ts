import type { Locator, Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import type {} from './fakeFeatures.ts';

/** The feature view in its page, as its tests speak of it. */
export const block = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: `Block ${name}`, exact: true });

export const feature = (page: Page, name: string): Locator =>
  page.getByRole('button', { name, exact: true });

export const ids = async (page: Page, name: string): Promise<string[]> =>
  (await block(page, name).locator('.featureId').allInnerTexts()).map((text) => text.trim());

/** Presses "Save map…" and takes what the host is given. */
export async function savedMap(page: Page): Promise<{ name: string; png: Uint8Array }> {
  await page.getByRole('button', { name: 'Save map…' }).click();
  await page.waitForFunction(() =>
    window.fakeFeatures.calls.some(({ method }) => method === 'features/saveFile'),
  );
  const { name, bytes } = await page.evaluate(() => {
    const { params } = window.fakeFeatures.calls.find(
      ({ method }) => method === 'features/saveFile',
    )!;
    const saved = params as { name: string; bytes: ArrayBuffer };
    return { name: saved.name, bytes: [...new Uint8Array(saved.bytes)] };
  });
  return { name, png: Uint8Array.from(bytes) };
}

export const pixels = (page: Page): Promise<string> =>
  page
    .locator('fs-picture canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

/** Waits until `check` asserts nothing that is false. */
export const holds = (check: () => Promise<void>): Promise<true> =>
  eventually('what is asserted', async () => {
    await check();
    return true;
  });
