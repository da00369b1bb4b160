import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { chartsOf } from '../../src/engine/lens/specialization/charts/chartsOf.ts';
import type { JobSummary } from '../../src/protocol/jobs.ts';
import { chartIds } from '../../src/protocol/specialization.ts';
import type { SpecializationState } from '../../src/protocol/specializationPanel.ts';
import { madeUpManifest, madeUpRows } from '../support/madeUpReport.ts';
import { calls } from './calls.ts';
import type { FakeSpecialization } from './fakeSpecialization.ts';
import { openSpecializationPanel, themeNames } from './harness.ts';
import { usePanels } from './usePanels.ts';

declare global {
  interface Window {
    fakeSpecialization: FakeSpecialization;
    savedBytes: number[];
  }
}

const reportOf = (rowCount: number) => ({
  ...{ modelId: 'mini', isEmbedded: true, promptsName: 'prompts.txt', promptCount: 12 },
  ...{
    measuredCount: 6,
    blockPromptCount: 12,
    blocks: ['down.2.1', 'up.0.1'],
    featureCount: 4,
    notes: [],
  },
  ...chartsOf(madeUpManifest, madeUpRows.slice(0, rowCount)),
});
const job: JobSummary = {
  ...{ jobId: 'job-1', kind: 'specialize', state: 'running', isElsewhere: false },
  ...{ title: 'Block specialization, charts 1, 2, 3, 9, 10, 11, 12', createdAt: '' },
  progress: {
    ...{ phase: 'Measuring', doneCount: 300, totalCount: 500, unit: 'pictures' },
    ...{ ratePerSecond: 5, secondsLeft: 40 },
  },
};
const whole: SpecializationState = {
  ...{ jobId: 'job-1', job, isRemoved: false, problem: null },
  view: { dir: '/reports/first', report: reportOf(madeUpRows.length) },
};
/** A chart of each form. */
const few: SpecializationState = {
  ...whole,
  view: {
    dir: '/reports/first',
    report: {
      ...reportOf(madeUpRows.length),
      charts: reportOf(madeUpRows.length).charts.filter(({ id }) => [3, 4, 9].includes(id)),
    },
  },
};

describe('panel on block specialization', function () {
  this.timeout(60_000);
  const open = usePanels();
  const opened = async (state: SpecializationState): Promise<Page> => {
    const { page } = await open((browser) => openSpecializationPanel(browser, state));
    await page.getByRole('heading', { name: 'Block specialization' }).waitFor();
    return page;
  };

  it('fills while the job runs, which can be paused, resumed and cancelled', async () => {
    const page = await opened({ ...whole, view: { dir: '/reports/first', report: reportOf(0) } });
    await page.getByText(/^Not enough is measured yet for: Without a whole block; /).waitFor();
    await page.getByText('Measuring 300 of 500 pictures').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await show(page, { ...whole, job: { ...job, state: 'cancelled' } });
    await page.getByRole('heading', { name: 'What an edit changes, by block' }).waitFor();
    await page.getByText(/up\.0\.1 changes colour more/).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await show(page, { job: { ...job, state: 'done', result: { summary: '7 charts' } } });
    await page.getByRole('button', { name: 'New Report…' }).click();
    const commands = (await calls(page, 'specializationPanel/run', 3)) as { command: string }[];
    assert.deepEqual(
      commands.map(({ command }) => command),
      ['pause', 'resume', 'begin'],
    );
    // The line about the embedded model stands on every chart.
    assert.equal(await page.getByText('not evidence about SDXL').count(), chartIds.length);
    await show(page, { job: null, isRemoved: true, view: null });
    await page.getByRole('button', { name: 'Block Specialization…' }).waitFor();
  });

  it('shows the pictures behind a mark, by mouse and from the table', async () => {
    const page = await opened(whole);
    const layout = page.getByRole('img', { name: /^Layout: features: / });
    await layout.locator('rect.open').first().click();
    const pictures = page.getByRole('region', { name: 'Pictures behind the mark' });
    await pictures.getByText('2 of 24').waitFor();
    assert.equal(await pictures.getByRole('img').count(), 4);
    // Below a chart that is higher than the window they would not be seen.
    const { y = NaN, height = NaN } = (await pictures.boundingBox()) ?? {};
    assert.ok(y + height <= (page.viewportSize()?.height ?? 0) + 1, `${y} ${height}`);
    await pictures.getByRole('button', { name: 'Close pictures' }).click();
    await pictures.waitFor({ state: 'detached' });
    await page.getByText('Show as table Dose and effect').click();
    await page
      .getByRole('button', { name: /^Show pictures: up\.0\.1, sign flipped, dose 2/ })
      .click();
    await pictures.getByText('2 of 24').waitFor();
    const keys = await calls(page, 'specializationPanel/pictures', 2);
    assert.deepEqual(keys, [{ key: 'edit down.2.1 feature 2' }, { key: 'edit up.0.1 flip 2' }]);
  });

  it('copies CSV and Markdown, saves SVG and PNG', async () => {
    const page = await opened(whole);
    const title = 'What an edit changes, by block';
    await page.getByRole('button', { name: `Copy CSV ${title}` }).click();
    await page.getByRole('button', { name: `Copy Markdown ${title}` }).click();
    const [csv, markdown] = (await calls(page, 'panel/copyText', 2)) as { text: string }[];
    // Three factors of two blocks and two arms, two tables of six cells, and the head.
    assert.equal(csv?.text.trim().split('\n').length, 1 + 12 + 12);
    assert.match(
      markdown?.text ?? '',
      /^## What an edit changes.*\n\nAgainst random.*not evidence/s,
    );
    await page.getByRole('button', { name: `Save SVG… ${title}` }).click();
    await calls(page, 'panel/saveFile', 1);
    const parsed = await page.evaluate(() => {
      const text = new TextDecoder().decode(new Uint8Array(window.savedBytes));
      const file = new DOMParser().parseFromString(text, 'image/svg+xml');
      return [file.querySelectorAll('parsererror').length, file.querySelectorAll('rect').length];
    });
    assert.deepEqual([parsed[0], (parsed[1] ?? 0) > 18], [0, true]);
    await page.getByRole('button', { name: `Save PNG… ${title}` }).click();
    await calls(page, 'panel/saveFile', 2);
    await page.waitForFunction(
      () => window.savedBytes[1] === 0x50 && window.savedBytes.length > 5000,
    );
  });

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open((browser) =>
        openSpecializationPanel(browser, few, { theme, width: 300 }),
      );
      const { page } = panel;
      await page.getByText('Show as table What an edit changes').click();
      assert.deepEqual(await panel.violations(), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 300);
      await page.getByText('Show as table What an edit changes').click();
      await panel.screenshot(`specialization-${theme}-300`);
      await page.setViewportSize({ width: 1200, height: 800 });
      await panel.screenshot(`specialization-${theme}-1200`);
    });
  }
});

const show = (page: Page, change: Partial<SpecializationState>): Promise<void> =>
  page.evaluate((next) => {
    return window.fakeSpecialization.show(next);
  }, change);
