import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import type { Page } from 'playwright-core';
import type { ContrastRow } from '../../src/protocol/contrast.ts';
import type { ContrastForm, ContrastState } from '../../src/protocol/contrastPanel.ts';
import type { QualityReport } from '../../src/protocol/indexes.ts';
import type { JobSummary } from '../../src/protocol/jobs.ts';
import type { PictureFit } from '../../src/protocol/pictureFit.ts';
import type { QualityState } from '../../src/protocol/qualityPanel.ts';
import { calls } from './calls.ts';
import { aLabel } from './cardFixtures.ts';
import { openIndexPanel, themeNames } from './harness.ts';
import { usePanels } from './usePanels.ts';

const idle: ContrastState = {
  ...{ modelTitle: 'Mini', isEmbedded: true, status: { kind: 'idle' }, problem: null },
};

function aRow(id: number, isConfirmed: boolean): ContrastRow {
  const effect = { leftMean: 2 + id / 10, rightMean: 1, auc: 0.6 + id / 50, pValue: 0.004 };
  return {
    ...{ block: 'up.0.0', id, isConfirmed, label: id % 2 === 0 ? aLabel() : null },
    chosenOn: { ...effect, qValue: 0.01 },
    measuredOn: { ...effect, qValue: 0.02, differenceLow: 0.5, differenceHigh: 1.9 },
  };
}

const done = (form: ContrastForm): ContrastState => ({
  ...idle,
  status: {
    kind: 'done',
    form,
    result: {
      rows: [aRow(1, true), aRow(2, true), aRow(3, false)],
      ...{ testedCount: 1234, chosenCount: 3, confirmedCount: 2 },
      leftCounts: { chosenOn: 2, measuredOn: 2 },
      rightCounts: { chosenOn: 2, measuredOn: 2 },
    },
  },
});

const around = (value: number, half: number) => ({
  ...{ value, low: value - half, high: value + half },
});
const aFit = (block: string, saeSha256: string, ssim: number): PictureFit => ({
  ...{ block, saeSha256, promptsName: 'Mini scenes', promptCount: 24, totalCount: 24 },
  ...{ firstSeed: 0, steps: 4, guidanceScale: 0, width: 128, height: 128 },
  rebuilt: { ssim: around(ssim, 0.021), pixel: around(2.345, 0.4) },
  ablated: { ssim: around(0.41, 0.05), pixel: around(31.2, 3) },
});

const shaOf = (block: string): string => block.padEnd(64, '0');

const aReport = (block: string): QualityReport => ({
  index: {
    ...{ path: `/index/${block}.db`, isShipped: true, block, saeSha256: shaOf(block) },
    ...{ nFeatures: 640, cellsHigh: 16, cellsWide: 16, stepIndices: [0, 1] },
    ...{ pictureCount: 2000, sampleCount: 1_024_000, setName: 'set', finishedAt: '2025-01-02T03:04:05Z' }, // prettier-ignore
  },
  ...{ rule: 'TopK 10, then ReLU', k: 10, dModel: 192 },
  fits: [null, 0, 1].map((stepIndex) => ({
    ...{ stepIndex, sampleCount: 512_000, explainedVariance: 0.81, rSquared: 0.79, l0: 9.6 },
  })),
  ...{ deadShare: 0.05, alwaysOnShare: 0.01 },
  densityHistogram: { edges: [-5, -4, -3, -2, -1, 0], counts: [3, 40, 300, 200, 20] },
  collinearity: { median: 0.31, p95: 0.6, max: 0.95, shareAbove09: 0.004 },
  formulas: { EV: 'mean over dimensions of 1 - Var(x - x_hat) / (Var(x) + 1e-8)' },
});

const quality: QualityState = {
  modelTitle: 'Mini (embedded)',
  isEmbedded: true,
  reports: ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'].map(aReport),
  pictures: ['down.2.1', 'mid.0', 'up.0.0', 'up.0.1'].map((block) =>
    aFit(block, shaOf(block), 0.93),
  ),
  comparison: {
    ...{ kind: 'done', leftDir: '/saes/one', rightDir: '/saes/two' },
    result: {
      pairs: [{ left: 3, right: 9, cosine: 0.97 }],
      ...{ meanCosine: 0.71, shareAbove07: 0.6, shareAbove09: 0.2, leftCount: 640, rightCount: 640 }, // prettier-ignore
      inPicture: {
        ...{ left: aFit('mid.0', 'ab', 0.93), right: aFit('mid.0', 'cd', 0.91) },
        difference: { ssim: around(0.02, 0.01), pixel: around(-0.3, 0.2) },
      },
    },
  },
  measuring: null,
  problem: null,
};

describe('contrast sets', () => {
  const open = usePanels();
  const opened = async (): Promise<Page> => {
    const { page } = await open((browser) => openIndexPanel(browser, 'contrast', idle));
    await page.getByRole('heading', { name: 'Contrast sets' }).waitFor();
    return page;
  };

  it('starts when both sides have enough, and shows how far it is', async () => {
    const page = await opened();
    const compare = page.getByRole('button', { name: 'Compare' });
    await eventually('comparing is off', () => compare.isDisabled());
    await page.getByRole('textbox', { name: 'First set: prompts' }).fill('a\nb\nc');
    await page.getByText('At least 4 prompts, one a line; these are 3.').waitFor();
    await page.getByRole('textbox', { name: 'First set: prompts' }).fill('a\nb\nc\nd');
    await page.getByRole('combobox', { name: 'Second set: made of' }).click();
    await page.getByRole('option', { name: 'Kept runs' }).click();
    await page.getByRole('button', { name: 'Choose Runs… for the second set' }).click();
    await page.getByText('4 runs chosen.').waitFor();
    await compare.click();
    const [form] = await calls(page, 'contrast/start');
    assert.deepEqual(form, {
      left: { kind: 'prompts', text: 'a\nb\nc\nd', firstSeed: 0 },
      right: { kind: 'runs', runIds: ['run-1', 'run-2', 'run-3', 'run-4'] },
      falseDiscoveryRate: 0.05,
    });
    await show(page, { status: { kind: 'running', done: 3, total: 8 } });
    await page.getByText('Picture 3 of 8').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await calls(page, 'contrast/cancel')).length, 1);
  });

  it('takes pictures of a collected set by a word of their prompts', async () => {
    const page = await opened();
    for (const side of ['First set', 'Second set']) {
      await page.getByRole('combobox', { name: `${side}: made of` }).click();
      await page.getByRole('option', { name: 'A collected set' }).click();
      const name = `Choose Set… for the ${side.toLowerCase()}`;
      await page.getByRole('button', { name }).click();
      await page.getByRole('region', { name: side }).getByText('/sets/first: 400').waitFor();
    }
    await page.getByRole('textbox', { name: 'First set: only prompts' }).fill('cat');
    await page.getByRole('textbox', { name: 'Second set: only prompts' }).fill('-cat');
    await page.getByRole('button', { name: 'Compare' }).click();
    const [form] = await calls(page, 'contrast/start');
    const set = { kind: 'collected', setDir: '/sets/first', pictureCount: 400 };
    assert.deepEqual(form, {
      ...{ left: { ...set, word: 'cat' }, right: { ...set, word: '-cat' } },
      falseDiscoveryRate: 0.05,
    });
  });

  it('lists what was confirmed, sorts, copies, and keeps the result', async () => {
    const page = await opened();
    const side = { kind: 'prompts', text: '', firstSeed: 0 } as const;
    await show(page, done({ left: side, right: side, falseDiscoveryRate: 0.05 }));
    const rows = page.locator('tbody tr');
    await rows.first().waitFor();
    assert.equal(await rows.count(), 2);
    assert.match(await rows.first().innerText(), /up\.0\.0\/2/);
    await page.getByRole('button', { name: /^AUC/ }).click();
    assert.match(await rows.first().innerText(), /up\.0\.0\/1/);
    await page.getByRole('button', { name: 'Test the cause of up.0.0/1' }).click();
    assert.deepEqual(await calls(page, 'contrast/test'), [
      { feature: { block: 'up.0.0', id: 1 }, side },
    ]);
    await page.getByRole('button', { name: 'Copy CSV' }).click();
    const [copied] = await calls(page, 'panel/copyText');
    assert.equal((copied as { text: string }).text.trim().split('\n').length, 3);
    await page.getByRole('button', { name: /^up\.0\.0\/1/ }).click();
    assert.deepEqual(await calls(page, 'panel/openCard'), [
      { feature: { block: 'up.0.0', id: 1 }, isBeside: false },
    ]);
    await page.reload();
    await rows.first().waitFor();
  });

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open((browser) =>
        openIndexPanel(browser, 'contrast', idle, { theme, width: 300 }),
      );
      const { page } = panel;
      await page.getByRole('textbox', { name: 'First set: prompts' }).fill('a');
      const side = { kind: 'prompts', text: '', firstSeed: 0 } as const;
      await show(page, done({ left: side, right: side, falseDiscoveryRate: 0.05 }));
      await page.locator('tbody tr').first().waitFor();
      assert.deepEqual(await panel.violations(), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 300);
      if (theme === 'light' || theme === 'dark') {
        await panel.screenshot(`contrast-${theme}-300`);
        await page.setViewportSize({ width: 1200, height: 900 });
        await panel.screenshot(`contrast-${theme}-1200`);
      }
    });
  }
});

describe('quality report', () => {
  const open = usePanels();

  it('says what to do without an index, and copies all numbers', async () => {
    const empty: QualityState = {
      ...{ ...quality, reports: [], pictures: [] },
      comparison: { kind: 'none' },
    };
    const { page } = await open((browser) => openIndexPanel(browser, 'quality', empty));
    await page.getByRole('button', { name: 'Index…' }).click();
    assert.deepEqual(await calls(page, 'panel/run'), [{ command: 'indexSae' }]);
    await show(page, quality);
    await page.getByRole('region', { name: 'Table of SAEs' }).waitFor();
    await page.getByRole('button', { name: 'Copy CSV' }).click();
    const [copied] = await calls(page, 'panel/copyText');
    const lines = (copied as { text: string }).text.trim().split('\n');
    assert.equal(lines.length, 1 + 4 * 3);
    assert.match(lines[1]!, /^down\.2\.1,all,512000,0\.81,0\.79,9\.6,0\.05,0\.01,0\.31/);
    assert.match(lines[1]!, /,24,0\.93,/);
    await page.getByRole('button', { name: 'Copy Markdown' }).click();
    const report = (await calls(page, 'panel/copyText')).at(-1) as { text: string };
    assert.match(report.text, /\| mid\.0 \| 24 \| 0\.93 \(0\.909 to 0\.951\) \|/);
    await page.getByRole('button', { name: 'Compare Two SAEs…' }).click();
    assert.equal((await calls(page, 'quality/compare')).length, 1);
  });

  it('measures in the picture, shows how far it is, and can be stopped', async () => {
    const { page } = await open((browser) =>
      openIndexPanel(browser, 'quality', { ...quality, reports: [], pictures: [] }),
    );
    await page.getByRole('button', { name: 'Measure in the Picture…' }).click();
    assert.equal((await calls(page, 'quality/measure')).length, 1);
    const measuring: JobSummary = {
      ...{ jobId: 'job-1', kind: 'pictureFit', title: 'SAE quality', isElsewhere: false },
      ...{ state: 'running', createdAt: '2025-01-02T03:04:05Z' },
      progress: { phase: 'Measuring', doneCount: 12, totalCount: 192, unit: 'pictures' },
    };
    await show(page, { measuring });
    await page.getByText('Measuring 12 of 192 pictures').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await calls(page, 'quality/cancelMeasure')).length, 1);
    await show(page, { measuring: null, pictures: quality.pictures });
    const table = page.getByRole('region', { name: 'Table of pictures' });
    await table.getByText('0.93 (0.909 to 0.951)').first().waitFor();
    const pair = page.getByRole('region', { name: 'Two SAEs in the picture' });
    await pair.getByText('0.02 (0.01 to 0.03)').waitFor();
  });

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open((browser) =>
        openIndexPanel(browser, 'quality', quality, { theme, width: 300 }),
      );
      const { page } = panel;
      await page.getByRole('region', { name: 'Table of SAEs' }).waitFor();
      for (const summary of await page.locator('details > summary').all()) await summary.click();
      assert.deepEqual(await panel.violations(), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 300);
      if (theme === 'light' || theme === 'dark') {
        await page.setViewportSize({ width: 1200, height: 900 });
        await panel.screenshot(`quality-${theme}-1200`);
      }
    });
  }
});

const show = (page: Page, change: Partial<ContrastState> | Partial<QualityState>): Promise<void> =>
  page.evaluate((next) => {
    return window.fakeCards.show(next);
  }, change);

/** Requests of a kind, once there is one. */
