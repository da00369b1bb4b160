import assert from 'node:assert/strict';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import { aBase, aBoard, aCell, boardWithEvidence, emptyBoard } from './boardFixtures.ts';
import { openBoardPanel, themeNames } from './harness.ts';
import { usePanels } from './usePanels.ts';

const seeds = [7, 8, 9, 10];
const grid = aBoard({
  document: { ...aBoard().document, axis: { kind: 'seeds', seeds } },
  columns: seeds.map((seed) => ({
    base: { ...aBase, seed },
    label: `seed ${seed}`,
    original: aCell(`p-${seed}`, null),
    edited: seed === 10 ? {} : { v1: aCell(`p-${seed + 20}`), v2: aCell(`p-${seed + 40}`, 11) },
  })),
});
const states: Readonly<Record<string, BoardState>> = {
  empty: emptyBoard(),
  noVariants: aBoard({
    document: { ...aBoard().document, variants: [] },
    columns: [{ ...aBoard().columns[0]!, edited: {} }],
    focusId: null,
  }),
  focus: aBoard(),
  grid,
  evidence: boardWithEvidence(),
  running: aBoard({
    focusId: null,
    job: {
      kind: 'board',
      phase: 'Denoising step 2 of 4',
      fraction: 0.4,
      count: { done: 6, total: 17, unit: 'pictures' },
    },
  }),
  troubled: aBoard({
    troubles: { v2: 'up.0.1 has features 0 to 639, not 5000.' },
    problem: {
      cause: 'The engine ended unexpectedly (signal SIGKILL).',
      action: { id: 'restartEngine', label: 'Restart Engine' },
    },
  }),
};
/** Looked at by people; high contrast differs in lines only. */
const pictured = { themes: new Set<string>(['light', 'dark']), widths: [300, 900, 2400] };

describe('ablation board in themes', () => {
  const open = usePanels();

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open((browser) => openBoardPanel(browser, emptyBoard(), { theme }));
      const { page } = panel;
      await page.getByText('No picture yet').waitFor();
      for (const [name, state] of Object.entries(states)) {
        await page.evaluate((next) => {
          return window.fakeBoard.show(next);
        }, state);
        if (name === 'focus') {
          await page.getByRole('button', { name: 'Paint Mask' }).click();
          await page.getByRole('button', { name: 'Paint from Map' }).click();
          await page.getByText('of them partly').waitFor();
        }
        await page.waitForTimeout(50);
        assert.deepEqual(await panel.violations(), [], name);
        if (!pictured.themes.has(theme)) continue;
        for (const width of pictured.widths) {
          await page.setViewportSize({ width, height: 900 });
          await panel.screenshot(`board-${name}-${theme}-${width}`);
        }
        await page.setViewportSize({ width: 900, height: 900 });
      }
    }).timeout(90_000);
  }
});
