import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import type { ResultState } from '../../src/protocol/resultPanel.ts';
import { calls } from './calls.ts';
import { openResultPanel, type PanelOptions } from './harness.ts';
import { usePanels } from './usePanels.ts';

/** A result panel in a browser, in the words of its tests. */
export interface ResultPage {
  readonly page: Page;
  readonly prompt: Locator;
  button(name: string): Locator;
  field(name: string): Locator;
  /** Changes what the extension shows. */
  show(change: Partial<ResultState>): Promise<void>;
  /** Params of the requests of one kind, once there are as many. */
  calls(method: string, count?: number): Promise<unknown[]>;
}

/** @returns opens the built panel with a state behind it, to be called inside a test */
export function useResultPages(): (
  state: ResultState,
  options?: PanelOptions,
) => Promise<ResultPage> {
  const open = usePanels();
  return async (state, options) => {
    const { page } = await open((browser) => openResultPanel(browser, state, options));
    const field = (name: string) => page.getByRole('textbox', { name, exact: true });
    await field('Prompt').waitFor();
    return {
      page,
      prompt: field('Prompt'),
      field,
      button: (name) => page.getByRole('button', { name, exact: true }),
      show: (change) =>
        page.evaluate((next) => {
          return window.fakeHost.show(next);
        }, change),
      calls: (method, count = 1) => calls(page, method, count),
    };
  };
}

/** The toolkit's fields follow their value a frame later. */
export async function hasValue(field: Locator, value: string): Promise<void> {
  for (let tries = 0; (await field.inputValue()) !== value && tries < 50; tries++) {
    await field.page().waitForTimeout(20);
  }
  assert.equal(await field.inputValue(), value);
}

/** A run of one picture. */
export const running = (fraction: number) =>
  ({
    kind: 'running',
    phase: 'Denoising step 1 of 1',
    fraction,
    pictureIndex: 0,
    pictureCount: 1,
  }) as const;
