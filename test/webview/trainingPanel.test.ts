import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { JobSummary } from '../../src/protocol/jobs.ts';
import type { TrainingView } from '../../src/protocol/training.ts';
import type { TrainingState } from '../../src/protocol/trainingPanel.ts';
import { eventually } from '../support/eventually.ts';
import { calls } from './calls.ts';
import { openTrainingPanel, themeNames } from './harness.ts';
import { usePanels } from './usePanels.ts';

const saes = [
  {
    name: 'mid.0-n768-k10',
    block: 'mid.0',
    dModel: 192,
    nFeatures: 768,
    k: 10,
    learningRate: 0.001,
  },
  {
    name: 'mid.0-n768-k20',
    block: 'mid.0',
    dModel: 192,
    nFeatures: 768,
    k: 20,
    learningRate: 0.001,
  },
  {
    name: 'up.0.1-n768-k10',
    block: 'up.0.1',
    dModel: 192,
    nFeatures: 768,
    k: 10,
    learningRate: 0.001,
  },
];
const training: TrainingView = {
  isEmbedded: true,
  ...{ setDir: '/sets/first', dir: '/trainings/first', pointCount: 60, trained: [] },
  plan: {
    ...{ dir: '/trainings/first', saes, sampleCount: 512_000, batchSize: 4096, stepCount: 1250 },
    ...{ doneSteps: 0, deadAfterSteps: 125, memoryBytes: 1e8 },
  },
  points: Array.from({ length: 60 }, (_, index) => ({
    step: 10 * (index + 1),
    saes: Object.fromEntries(
      saes.map(({ name, k }, place) => {
        const fall = Math.exp(-index / (12 + 3 * place));
        return [
          name,
          {
            ...{ loss: 0.2 + 0.9 * fall, auxLoss: 0.01, explainedVariance: 0.8 - 1.1 * fall },
            ...{ l0: k - fall, deadCount: Math.round(300 * fall) },
          },
        ];
      }),
    ),
  })),
};
const job: JobSummary = {
  ...{ jobId: 'job-1', kind: 'train', state: 'running', isElsewhere: false },
  ...{ title: 'Train SAEs of mid.0, up.0.1 (768 features, k 10) into first', createdAt: '' },
  progress: {
    ...{ phase: 'Training', doneCount: 600, totalCount: 1250, unit: 'steps' },
    ...{ ratePerSecond: 12, secondsLeft: 54 },
  },
};
const running: TrainingState = {
  ...{ jobId: 'job-1', job, isRemoved: false, training, problem: null },
};

describe('training panel', () => {
  const open = usePanels();
  const opened = async (state: TrainingState): Promise<Page> => {
    const { page } = await open((browser) => openTrainingPanel(browser, state));
    await page.getByRole('heading', { name: 'SAE training' }).waitFor();
    return page;
  };

  it('draws the curves while it runs, and its job can be paused, resumed and cancelled', async () => {
    const page = await opened(running);
    await page.getByText('Training 600 of 1,250 steps, 12 a second, 54 s left').waitFor();
    const dead = page.getByRole('img', { name: /^Dead, of all features at step 600: mid\.0-n768-k10 \d/ }); // prettier-ignore
    await dead.waitFor();
    assert.equal(await dead.locator('path').count(), 3);
    const kinds = await dead
      .locator('path')
      .evaluateAll((paths) => paths.map((path) => path.getAttribute('stroke-dasharray')));
    assert.notEqual(kinds[0], kinds[1], 'two SAEs of a block have lines of their own');
    await page.getByRole('button', { name: 'Pause' }).click();
    await show(page, { job: { ...job, state: 'paused' } });
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Show job log' }).click();
    assert.deepEqual(await commandsOf(page, 4), ['pause', 'resume', 'cancel', 'log']);
  });

  it('shows the figures of the step under the mouse, of the last one else, and as a table', async () => {
    const page = await opened(running);
    const table = page.getByRole('region', { name: 'Figures of the SAEs' });
    await table.getByText('Step 600 of 1,250').waitFor();
    const loss = page.getByRole('img', { name: /^Loss/ });
    const box = (await loss.boundingBox()) ?? assert.fail('no chart');
    await page.mouse.move(box.x + (box.width * 100) / 1250, box.y + 20);
    await table.getByText('Step 100 of 1,250').waitFor();
    await page.mouse.move(1, 1);
    await table.getByText('Step 600 of 1,250').waitFor();
    await page.getByText('Show as table').click();
    const rows = page.getByRole('region', { name: 'Points of the curves' }).locator('tbody tr');
    assert.equal(await rows.count(), 50 * 3);
    await page.getByRole('button', { name: 'Copy CSV' }).click();
    await page.getByText('Curves copied as CSV.').waitFor();
    const [copied] = await calls(page, 'panel/copyText');
    assert.equal((copied as { text: string }).text.trim().split('\n').length, 1 + 60 * 3);
  });

  it('says what to do before the first figures, after the end, a failure and a removal', async () => {
    const page = await opened({ ...running, training: { ...training, plan: null, points: [] } });
    await page.getByText('the first ones are not there yet').waitFor();
    const sha256 = 'ab'.repeat(32);
    const trained = saes.map(({ name, block }) => ({
      ...{ name, block, sha256, folder: `/trainings/first/${name}`, explainedVariance: 0.8 },
    }));
    await show(page, {
      job: { ...job, state: 'done', result: { summary: 'mid.0-n768-k10 explains 80.0 %' } },
      training: { ...training, trained },
    });
    await page.getByText('mid.0-n768-k10 explains 80.0 %').waitFor();
    await page.getByRole('button', { name: 'Use It…' }).click();
    await page.getByRole('button', { name: 'Index It…' }).click();
    const error = { code: 'outOfMemory', message: 'too large' } as const;
    await show(page, { job: { ...job, state: 'failed', error } });
    await page.getByRole('alert').getByText('The training failed: too large').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await show(page, { job: null, isRemoved: true, training: null });
    await page.getByRole('button', { name: 'Train SAE…' }).click();
    assert.deepEqual(await commandsOf(page, 4), ['use', 'index', 'resume', 'train']);
  });

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open((browser) =>
        openTrainingPanel(browser, running, { theme, width: 300 }),
      );
      const { page } = panel;
      await page.getByText('Show as table').click();
      assert.deepEqual(await panel.violations(), []);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 300);
      await page.getByText('Show as table').click();
      await panel.screenshot(`training-${theme}-300`);
      await page.setViewportSize({ width: 1200, height: 800 });
      await panel.screenshot(`training-${theme}-1200`);
    });
  }
});

const show = (page: Page, change: Partial<TrainingState>): Promise<void> =>
  page.evaluate((next) => {
    return window.fakeTraining.show(next);
  }, change);

/** Requests of a kind, in their order. */
/** Once there are as many. */
const commandsOf = (page: Page, count: number): Promise<string[]> =>
  eventually('commands', async () => {
    const params = (await calls(page, 'trainingPanel/run')) as { command: string }[];
    return params.length >= count ? params.map(({ command }) => command) : undefined;
  });
