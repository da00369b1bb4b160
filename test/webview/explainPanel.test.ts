import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { EncodedPath, MadeHerePath } from '../../src/protocol/explain.ts';
import {
  type ExplainState,
  type ExplainSummary,
  startForm,
} from '../../src/protocol/explainPanel.ts';
import { eventually } from '../support/eventually.ts';
import { openExplainPanel, themeNames } from './harness.ts';
import { aPicture } from './resultFixtures.ts';
import { usePanels } from './usePanels.ts';

const encoded: EncodedPath = {
  ...{
    kind: 'encoded',
    startingPoint: null,
    prompt: '',
    timestep: 249,
    signal: 0.822,
    noise: 0.57,
  },
  ...{ seeds: [0, 1], control: { kind: 'grey', name: 'a plain grey picture' } },
  ...{ timesteps: [749, 499, 249], defaultTimestep: 249 },
};
const label = {
  source: 'own',
  text: 'a corner',
  note: '',
  category: '',
  confidence: null,
} as const;
const summary: ExplainSummary = {
  file: {
    ...{ name: 'holiday.jpg', format: 'JPEG', sha256: '00' },
    ...{ source: { width: 640, height: 480 }, crop: { left: 80, top: 0, width: 480, height: 480 } },
    notes: ['It was turned as its EXIF orientation says.'],
  },
  ...{ modelTitle: 'Featurescope mini', path: encoded, resultId: 1, width: 128, height: 128 },
  fits: [{ block: 'mid.0', cellCount: 32, explainedVariance: 0.4321, rSquared: 0.5 }],
  labels: [{ block: 'mid.0', id: 7, label: { ...label, provenance: 'sae-labels.txt' } }],
};
const shown: ExplainState = {
  files: [
    { path: '/pictures/holiday.jpg', name: 'holiday.jpg' },
    { path: '/pictures/cat.png', name: 'cat.png' },
  ],
  ...{ current: 0, form: startForm, status: { kind: 'idle' }, result: summary, problem: null },
  isEmbedded: true,
};
const { manifest } = aPicture(7);
const madeHere = (verdict: MadeHerePath['verdict']): ExplainState => ({
  ...shown,
  result: {
    ...summary,
    resultId: 2,
    path: { kind: 'madeHere', foundIn: 'picture', manifest, verdict },
  },
});
const startingPoint = {
  ...{ tool: 'ComfyUI' as const, prompt: 'a bottle of galaxies', negativePrompt: '', seed: 5 },
  ...{ steps: 20, model: 'sd_xl_base_1.0.safetensors' },
} as const;
const states: Readonly<Record<string, ExplainState>> = {
  empty: { ...shown, files: [], result: null },
  encoded: shown,
  tool: { ...shown, result: { ...summary, resultId: 3, path: { ...encoded, startingPoint } } },
  exact: madeHere({ kind: 'exact' }),
  missing: madeHere({ kind: 'modelMissing', currentId: 'mini', files: ['unet/model.onnx'] }),
  running: {
    ...{ ...shown, result: null },
    status: { kind: 'running', phase: 'Reading features, pass 3 of 8', fraction: 0.4 },
  },
  failed: { ...shown, result: null, problem: { cause: 'holiday.jpg: The JPEG is in CMYK.' } },
};

describe('explain panel', () => {
  const open = usePanels();
  const opened = async (state: ExplainState): Promise<Page> => {
    const { page } = await open((browser) => openExplainPanel(browser, state, { width: 1100 }));
    return page;
  };
  const readings = ['explain/snapshot', 'explain/content', 'explain/pickControl'];
  /** What the page asked the extension to do, once it is so much. */
  const callsOf = (page: Page, count: number) =>
    eventually(`${String(count)} calls`, async () => {
      const all = await page.evaluate(() => window.fakeExplain.calls);
      const calls = all.filter(({ method }) => !readings.includes(method));
      return calls.length >= count && calls;
    });
  const block = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

  it('says which path was taken, and ranks against the control', async () => {
    const page = await opened(shown);
    await page
      .getByText(
        'Nothing in holiday.jpg says how it was made. It was encoded, noised to timestep 249',
      )
      .waitFor();
    await page.getByText('its middle 480 × 480 of that, resized to 128 × 128').waitFor();
    await page.getByText('no better than by chance').waitFor();
    const mid = block(page, 'mid.0');
    await mid.getByText('43.2').waitFor();
    const rows = mid.getByRole('row');
    // The head, and feature 7 alone: feature 8 is as strong in the control, feature 9 only there.
    await eventually('two rows', async () => (await rows.count()) === 2);
    const first = rows.nth(1);
    await first.getByRole('button', { name: /mid\.0\/7.*a corner/ }).waitFor();
    // Of 16 cells 4 have 8, under the other noise 9: 2.125 ± 0.177.
    assert.match(await first.innerText(), /2\.13\s+0\.177\s+2\.13\s+0$/);
  });

  it('shows where a feature is, in picture and control, and why here', async () => {
    const page = await opened(shown);
    await block(page, 'mid.0').getByRole('button', { name: 'Map of mid.0/7' }).click();
    await page.getByRole('application', { name: 'holiday.jpg, with the map of mid.0/7' }).waitFor();
    await page.getByRole('application', { name: 'Control, with the map of mid.0/7' }).waitFor();
    const canvas = page.getByRole('application', { name: /^holiday\.jpg/ });
    const box = (await canvas.boundingBox()) ?? assert.fail('no picture');
    await page.mouse.click(box.x + box.width * 0.9, box.y + box.height * 0.9);
    await page.getByText(/Why here\? Cell 3, 3/).waitFor();
    await block(page, 'mid.0').getByText('No feature is stronger than in the control.').waitFor();
    await page.mouse.click(box.x + box.width * 0.1, box.y + box.height * 0.1);
    // In the corner's cell nothing is averaged away: 8 and 9 under the two noises.
    await block(page, 'up.0.1').getByRole('cell', { name: '8.5' }).first().waitFor();
    await page.getByRole('button', { name: 'Whole Picture' }).click();
    await page.getByText(/Why here\? Click a cell/).waitFor();
  });

  it('asks the extension for everything that it does not do itself', async () => {
    const page = await opened(shown);
    await page.getByRole('textbox', { name: 'Prompt for the U-net' }).fill('a cat');
    await page.getByRole('button', { name: 'Explain', exact: true }).click();
    await page.getByRole('button', { name: 'Compare With…' }).click();
    await callsOf(page, 2);
    await page.getByRole('button', { name: 'Keep as Run' }).click();
    await page.getByRole('button', { name: 'Copy CSV' }).click();
    await page.getByRole('button', { name: 'Add Pictures…' }).click();
    const calls = await callsOf(page, 5);
    assert.deepEqual(
      calls.map(({ method }) => method),
      ['explain/start', 'explain/start', 'explain/keep', 'panel/copyText', 'explain/addFiles'],
    );
    assert.deepEqual(calls[0]?.params, { ...startForm, prompt: 'a cat' });
    const control = { kind: 'file', path: '/pictures/other.png' };
    assert.deepEqual(calls[1]?.params, { ...startForm, prompt: 'a cat', control });
    const { text } = calls[3]?.params as { text: string };
    assert.match(text, /^file,timestep,block,feature,label,difference,spread,picture,control\n/);
    assert.match(text, /"holiday\.jpg",249,mid\.0,7,"a corner",2\.125,/);
    await page.evaluate(
      (result) => {
        return window.fakeExplain.show({ result });
      },
      { ...summary, runId: 'run-1' },
    );
    await page.getByRole('button', { name: 'Show in Feature View' }).click();
    assert.equal((await callsOf(page, 6)).at(-1)?.method, 'explain/showRun');
  });

  it('says exact, another tool, a missing model, and offers what helps', async () => {
    const page = await opened(states['exact']!);
    await page.getByText('Made again, every pixel is the same: exact.').waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Prompt for the U-net' }).count(), 0);
    const show = (state: ExplainState) =>
      page.evaluate((next) => {
        return window.fakeExplain.show(next);
      }, state);
    await show(states['tool']!);
    await page.getByText(/ComfyUI wrote how, but this is no replay of it/).waitFor();
    await page.getByRole('button', { name: 'Start from Its Settings' }).click();
    await page.getByRole('button', { name: 'Read with Its Prompt' }).click();
    await show(states['missing']!);
    await page.getByText(/Model missing: it was made with/).waitFor();
    await page.getByRole('button', { name: 'Choose Model' }).click();
    await page.getByRole('button', { name: 'Explain without What It Says' }).click();
    await show(states['running']!);
    await page.getByText('Reading features, pass 3 of 8').waitFor();
    await page.keyboard.press('Escape');
    const calls = await callsOf(page, 5);
    assert.deepEqual(
      calls.map(({ method, params }) => [method, (params as { prompt?: string } | null)?.prompt]),
      [
        ['explain/useStart', undefined],
        ['explain/start', 'a bottle of galaxies'],
        ['panel/act', undefined],
        ['explain/start', ''],
        ['explain/cancel', undefined],
      ],
    );
  });

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open((browser) => openExplainPanel(browser, shown, { theme }));
      const { page } = panel;
      await block(page, 'mid.0').getByRole('button', { name: 'Map of mid.0/7' }).click();
      await page.getByText('Show as table').click();
      // Every state in one theme; in the others what has colours of its own.
      const names = theme === 'light' ? Object.keys(states) : ['encoded', 'failed'];
      for (const name of names) {
        const state = states[name]!;
        await page.evaluate((next) => {
          return window.fakeExplain.show(next);
        }, state);
        const hasContent = state.result !== null && state.files.length > 0;
        await page.locator('.blocks').waitFor({ state: hasContent ? 'visible' : 'detached' });
        assert.deepEqual(await panel.violations(), [], name);
        await panel.screenshot(`explain-${name}-${theme}`);
        if (name !== 'encoded' || theme.startsWith('hc')) continue;
        for (const width of [300, 1600]) {
          await page.setViewportSize({ width, height: 900 });
          await panel.screenshot(`explain-${name}-${theme}-${String(width)}`);
        }
        await page.setViewportSize({ width: 800, height: 900 });
      }
    }).timeout(120_000);
  }
});
