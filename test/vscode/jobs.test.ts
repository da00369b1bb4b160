import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openCollectedSet } from '../../src/engine/lens/collected/collectedSet.ts';
import { eventually } from '../support/eventually.ts';
import { useVscode } from './session.ts';

describe('jobs in the editor', function () {
  this.timeout(180_000);
  this.slow(60_000);
  const vscode = useVscode();

  const choice = (label: string) =>
    vscode()
      .workbench.page.locator('.quick-input-list .monaco-list-row')
      .filter({
        has: vscode().workbench.page.locator('.label-name', {
          hasText: new RegExp(`^\\s*${label}`),
        }),
      })
      .first();
  const pick = async (label: string): Promise<void> => {
    await choice(label).waitFor({ timeout: 30_000 });
    // Where the mouse rests, the hover of a choice may lie over the next one.
    await eventually(`a click on ${label}`, async () => {
      await vscode().workbench.page.mouse.move(2, 2);
      await choice(label).click({ timeout: 3000 });
      return true;
    });
  };
  /** One input follows another in the same place: each is known by what it asks. */
  const answer = async (question: string, text: string): Promise<void> => {
    const { workbench } = vscode();
    await workbench.page.locator('.quick-input-widget', { hasText: question }).waitFor();
    await workbench.answerInput(text);
  };
  const row = (text: string) => vscode().workbench.viewRow('Jobs', text);
  const act = async (text: string, action: string): Promise<void> => {
    await row(text).hover();
    await row(text).getByRole('button', { name: action }).click();
  };
  /** Below the server's data there is one storage folder. */
  const setDir = (): string => {
    const { dataDir } = vscode().server;
    const found = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('collection.json'),
    );
    return join(dataDir, found ?? assert.fail('no set'), '..');
  };

  it('Collect Activations shows the size first, and starts a job that can be paused and goes on', async () => {
    const { workbench } = vscode();
    await workbench.openView('SAE');
    await workbench.runCommand('SAE: Collect Activations');
    await pick('Scenes of the embedded model');
    await pick('Pictures');
    await answer('Pictures to make', '30');
    await pick('Steps');
    await answer('Denoising steps', '2');
    await answer('Steps whose updates', '1-2');
    const start = choice('Start').filter({ hasText: /30 pictures.*of updates.*are free/ });
    await start.waitFor({ timeout: 30_000 });
    await workbench.screenshot('collect-choice');
    await start.click();
    await row('Collect').waitFor({ timeout: 60_000 });
    await eventually(
      'progress',
      async () => /[1-9]\d* %/.test(await row('Collect').innerText()),
      60_000,
    );
    await workbench.screenshot('jobs-running');
    assert.match(await workbench.statusItem(), /Collecting \d+ %/);
    await act('Collect', 'Pause Job');
    await row('paused').waitFor();
    await act('paused', 'Resume Job');
    await row('of updates').waitFor({ timeout: 120_000 });
    const set = await openCollectedSet(setDir());
    assert.equal(set.pictureCount, 30);
    assert.deepEqual(set.manifest.steps, [0, 1]);
    await workbench.screenshot('jobs-done');
  });

  it('Train SAE shows memory first, draws its curves, and what it made can be used', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Train SAE');
    await pick('\\S+-\\d{14}');
    await pick('Features');
    await answer('Features of each SAE', '64');
    await pick('Length');
    await answer('How often each cell is seen', '2');
    const start = choice('Start').filter({ hasText: /4 SAEs.*of memory; [\d,]+ cells a block/ });
    await start.waitFor({ timeout: 30_000 });
    await workbench.screenshot('train-choice');
    await start.click();
    const panel = await workbench.panel('.charts', 60_000);
    await panel.getByRole('img', { name: /^Loss/ }).waitFor({ timeout: 60_000 });
    await panel.getByRole('button', { name: 'Use It…' }).waitFor({ timeout: 120_000 });
    await workbench.screenshot('train-done');
    await panel.getByRole('button', { name: 'Use It…' }).click();
    await pick('mid.0-n64-k10');
    const report = await workbench.panel('.saeHead', 60_000);
    await report.getByText('mid.0').first().waitFor({ timeout: 60_000 });
    await workbench.screenshot('train-used');
    await workbench.closeEditors();
  });

  it('Block Specialization tells the time first, fills its charts, and shows the pictures of a bar', async () => {
    const { workbench } = vscode();
    await workbench.openView('SAE');
    await workbench.runCommand('SAE: Block Specialization');
    await pick('Number of prompts');
    await answer('8 to 400', '8');
    await pick('Features');
    await answer('drawn by chance', '2');
    await pick('Doses');
    await answer('up to 8 numbers', '1');
    await pick('Charts');
    const { page } = workbench;
    await choice('What an edit changes').waitFor();
    // From some to all, from all to none.
    await eventually('no chart chosen', async () => {
      if (await page.getByText('0 Selected', { exact: true }).isVisible()) return true;
      await page.getByLabel('Toggle all checkboxes').click();
      return false;
    });
    await choice('What an edit changes').click();
    await page.keyboard.press('Enter');
    // 4 prompts x 4 blocks x 2 features and 2 random directions.
    const start = choice('Start').filter({ hasText: /about \d+ (s|minutes).*64 pictures/ });
    await start.waitFor({ timeout: 60_000 });
    await workbench.screenshot('specialization-choice');
    await start.click();
    const panel = await workbench.panel('.job', 60_000);
    await panel.getByRole('button', { name: 'Cancel' }).click();
    await panel.getByText('Cancelled; Resume goes on').waitFor({ timeout: 60_000 });
    await panel.getByRole('button', { name: 'Resume' }).click();
    await panel.getByRole('button', { name: 'New Report…' }).waitFor({ timeout: 120_000 });
    await panel.getByText('not evidence about SDXL').waitFor({ timeout: 30_000 });
    const colour = panel.getByRole('img', { name: /^Colour: / });
    await colour.locator('rect.open').first().click();
    const pictures = panel.getByRole('region', { name: 'Pictures behind the mark' });
    await pictures.getByText('6 of 8').waitFor({ timeout: 60_000 });
    await workbench.screenshot('specialization-done');
    await panel
      .getByRole('button', { name: 'Copy Markdown What an edit changes, by block' })
      .click();
    await eventually('the copy', async () =>
      (await page.evaluate(() => navigator.clipboard.readText())).startsWith('## What an edit'),
    );
    await workbench.closeEditors();
  });

  it('a job that a reload interrupts is listed, and goes on when it is resumed', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Collect Activations');
    await pick('Scenes of the embedded model');
    await pick('Pictures');
    await answer('Pictures to make', '200');
    await pick('Start');
    await eventually(
      'progress',
      async () => /[1-9]\d* %/.test(await row('Collect').innerText()),
      60_000,
    );
    await workbench.reload();
    await workbench.openView('SAE');
    await row('interrupted').waitFor({ timeout: 60_000 });
    await workbench.screenshot('jobs-interrupted');
    await act('interrupted', 'Resume Job');
    await row('Collect').waitFor({ timeout: 60_000 });
    await act('Collect', 'Cancel Job');
    await row('cancelled').waitFor({ timeout: 30_000 });
    await workbench.runCommand('SAE: Show Job Log');
    await pick('Collect 200');
    await workbench.page
      .locator('.editor-instance', { hasText: /interrupted[^]*cancelled/ })
      .waitFor();
    await workbench.closeEditors();
  });
});
