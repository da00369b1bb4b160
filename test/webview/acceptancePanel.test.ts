import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import type { AcceptanceState } from '../../src/protocol/acceptancePanel.ts';
import { anAcceptanceState, aRejection, aSae } from '../support/acceptanceFixtures.ts';
import { calls } from './calls.ts';
import { openAcceptancePanel, themeNames, type OpenPanel, type PanelOptions } from './harness.ts';
import { usePanels } from './usePanels.ts';

describe('acceptance report', () => {
  const openPanel = usePanels();
  const open = async (state: AcceptanceState, options?: PanelOptions): Promise<OpenPanel> => {
    const panel = await openPanel((browser) => openAcceptancePanel(browser, state, options));
    await panel.page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' });
    return panel;
  };
  const opened = async (change: Partial<AcceptanceState> = {}): Promise<Page> =>
    (await open(anAcceptanceState(change))).page;

  it('shows the verdict, its figures with their formulas, steps and other readings', async () => {
    const page = await opened();
    const verdict = page.getByRole('region', { name: 'Verdict' });
    assert.match(
      await verdict.innerText(),
      /Accepted[^]*R² 0\.981[^]*4 prompts, seeds 7 to 10, 2 steps/,
    );
    const figures = page.getByRole('region', { name: 'Figures over all steps' });
    await figures.getByText('how?').first().click();
    assert.match(await figures.innerText(), /0\.981[^]*1 - Σ \/ Σ[^]*0\.938[^]*10\.00[^]*96\.0 %/);
    const steps = page.getByRole('region', { name: 'Step by step' });
    assert.deepEqual(await cells(steps, 2), ['0.980', '0.937', '10.00', '96.0 %', '512']);
    const readings = page.getByRole('region', { name: 'Read otherwise' });
    const names = await readings.getByRole('rowheader').allInnerTexts();
    assert.deepEqual(names, [
      'As declared',
      "Another block's",
      'ΔD instead of output',
      'Transposed',
      'b_pre dropped',
    ]);
    assert.deepEqual((await cells(readings, 4)).slice(2), ['–', '–', '10.00', '96.0 %', '256']);
    assert.match(
      await page.locator('.facts').innerText(),
      /imported last, and nobody chose another/,
    );
  });

  it('names the defect of one that is rejected, in the verdict and in its row', async () => {
    const page = await opened({ report: aRejection() });
    const heading = page.getByRole('region', { name: 'Verdict' }).getByRole('heading');
    assert.match(await heading.innerText(), /Rejected · ΔD instead of output/);
    const row = page.getByRole('row', { name: /\(the defect\)/ });
    assert.match(await row.innerText(), /ΔD instead of output/);
  });

  it('judges again by prompts and settings that a person wrote, and stops when told to', async () => {
    const page = await opened();
    await page
      .getByRole('textbox', { name: 'Prompts, one a line' })
      .fill('a cat\n\n  a dog \na bee\na key');
    await page.getByRole('textbox', { name: 'Steps' }).fill('3');
    await page.getByRole('button', { name: 'Judge Again' }).click();
    assert.deepEqual(await calls(page, 'acceptance/run'), [
      {
        settings: {
          prompts: ['a cat', 'a dog', 'a bee', 'a key'],
          seed: 7,
          steps: 3,
          guidanceScale: 0,
        },
      },
    ]);
    await page.getByText('Picture 1 of 4').first().waitFor();
    await page.keyboard.press('Escape');
    await calls(page, 'acceptance/cancel');
    await page.getByText('Stopped.').waitFor({ state: 'attached' });
    await page.keyboard.press('Control+Enter');
    await calls(page, 'acceptance/run', 2);
    await page.evaluate((report) => {
      return window.fakeAcceptance.show({ status: { kind: 'idle' }, report });
    }, aRejection());
    await page.getByText(/Report done\. It was trained/).waitFor({ state: 'attached' });
  });

  it('says what is wrong with a setting, and asks for nothing', async () => {
    const page = await opened();
    await page.getByRole('textbox', { name: 'Steps' }).fill('0');
    await page.getByText('A whole number from 1 to').waitFor();
    await page.getByRole('textbox', { name: 'Prompts, one a line' }).fill('  \n ');
    await page.getByText('0 prompts; 1 to 64 are possible').waitFor();
    await page.keyboard.press('Control+Enter');
    assert.ok(await page.locator('vscode-button[disabled]').first().isVisible());
    const methods = await page.evaluate(() =>
      window.fakeAcceptance.calls.map(({ method }) => method),
    );
    assert.deepEqual(methods, ['acceptance/snapshot']);
    await page.getByRole('textbox', { name: 'Prompts, one a line' }).fill('one');
    await page.getByText('1 picture: a verdict needs at least 4.').waitFor();
  });

  it('copies as CSV and Markdown, and saves; foreign words stay words', async () => {
    const page = await opened();
    await page.getByRole('button', { name: 'Copy as CSV' }).click();
    const [{ text: csv }] = (await calls(page, 'acceptance/copyText')) as [{ text: string }];
    const lines = csv.trimEnd().split('\n');
    assert.equal(lines.length, 1 + 2 + 1 + 4);
    assert.match(lines[3]!, /,,as-declared,,0\.9807,/);
    assert.match(lines[6]!, /,transposed,"both matrices, along their other axis",,,10,0\.96,256,/);
    await page.getByText('Copied as CSV.').waitFor();
    await page.getByRole('button', { name: 'Copy as Markdown' }).click();
    const [, { text: markdown }] = (await calls(page, 'acceptance/copyText', 2)) as [
      unknown,
      { text: string },
    ];
    assert.match(markdown, /^## SAE mid\.0-\S+: accepted\n/);
    assert.match(markdown, /\| ΔD instead of output \| the stage's output \| 0\.310 \|/);
    assert.match(markdown, /- R²: 1 - Σ \/ Σ\n/);
    await page.getByRole('button', { name: 'Save…' }).click();
    const [saved] = (await calls(page, 'acceptance/saveText')) as [{ name: string; text: string }];
    assert.match(saved.name, /^sae-report-mid\.0-.*\.md$/);
    assert.equal(saved.text, markdown);
  });

  it('has the commands of its SAE, and cannot remove one of the model', async () => {
    const page = await opened();
    for (const name of ['Choose SAE…', 'Export…', 'Remove…']) {
      await page.getByRole('button', { name }).click();
    }
    assert.deepEqual(await calls(page, 'acceptance/command', 3), [
      { command: 'chooseSae' },
      { command: 'exportSae' },
      { command: 'removeSae' },
    ]);
    await page.evaluate(
      (sae) => {
        return window.fakeAcceptance.show({ sae });
      },
      aSae({ origin: 'model' }),
    );
    await page.locator('vscode-button[disabled]', { hasText: 'Remove…' }).waitFor();
  });

  it('tells of failures and of an SAE that is gone, each with what helps', async () => {
    const page = await opened({ report: null });
    await page.getByRole('heading', { name: 'Not judged yet' }).waitFor();
    await page.getByRole('button', { name: 'Judge', exact: true }).waitFor();
    await page.evaluate(() => {
      window.fakeAcceptance.failures['acceptance/run'] = {
        code: 'closed',
        message: 'The engine ended unexpectedly.',
      };
    });
    await page.getByRole('button', { name: 'Judge', exact: true }).click();
    await page.getByRole('alert').getByText('The engine ended unexpectedly.').waitFor();
    await page.getByRole('button', { name: 'Show log' }).click();
    assert.deepEqual(await calls(page, 'acceptance/act'), [{ action: 'showLog' }]);
    await page.evaluate(() => {
      return window.fakeAcceptance.show({ sae: null, isGone: true, report: null });
    });
    await page.getByRole('heading', { name: 'This SAE was removed' }).waitFor();
    await page.getByRole('button', { name: 'Import SAE…' }).click();
    assert.deepEqual(await calls(page, 'acceptance/command'), [{ command: 'importSae' }]);
  });

  it('keeps what was written over a reload of the page', async () => {
    const page = await opened();
    await page.getByRole('textbox', { name: 'Prompts, one a line' }).fill('mine');
    await page.reload();
    const field = page.getByRole('textbox', { name: 'Prompts, one a line' });
    await field.waitFor();
    assert.equal(await field.inputValue(), 'mine');
  });

  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await open(anAcceptanceState({ report: null }), { theme });
      const { page } = panel;
      assert.deepEqual(await panel.violations(), [], 'not judged');
      const states: Readonly<Record<string, Partial<AcceptanceState>>> = {
        accepted: anAcceptanceState(),
        rejected: { report: aRejection() },
        running: { status: { kind: 'running', phase: 'Picture 2 of 8', fraction: 0.2 } },
        gone: {
          ...{ sae: null, isGone: true, report: null, status: { kind: 'idle' } },
          problem: {
            cause: 'The model is missing.',
            action: { id: 'chooseModel', label: 'Choose Model' },
          },
        },
      };
      for (const [name, state] of Object.entries(states)) {
        await page.evaluate((next) => {
          return window.fakeAcceptance.show(next);
        }, state);
        await page.waitForTimeout(50);
        if (name === 'accepted') {
          await page.getByText('how?').first().click();
          await page.getByText('Files and what was found').click();
        }
        assert.deepEqual(await panel.violations(), [], name);
        for (const width of theme.startsWith('hc') ? [900] : [300, 900, 1600]) {
          await page.setViewportSize({ width, height: 900 });
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
          );
          assert.equal(overflow, false, `${name} at ${width} px is wider than the page`);
          await panel.screenshot(`acceptance-${name}-${theme}-${width}`);
        }
      }
    }).timeout(60_000);
  }
});

const cells = (region: Locator, row: number): Promise<string[]> =>
  region.getByRole('row').nth(row).getByRole('cell').allInnerTexts();
