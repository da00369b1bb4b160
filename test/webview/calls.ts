import type { Page } from 'playwright-core';
import type {} from './fakePanel.ts';

/**
 * Params of the requests of one kind that the fake extension was asked, in their order.
 *
 * @param count waits until there are as many; 0 tells what there is now
 */
export async function calls(page: Page, method: string, count = 1): Promise<unknown[]> {
  const asked = { method, count };
  await page.waitForFunction(
    ({ method: name, count: wanted }) =>
      window.fakePanel.calls.filter((one) => one.method === name).length >= wanted,
    asked,
  );
  return page.evaluate(
    (name) =>
      window.fakePanel.calls.filter((one) => one.method === name).map(({ params }) => params),
    method,
  );
}
