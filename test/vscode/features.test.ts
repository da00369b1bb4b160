import assert from 'node:assert/strict';
import { ResultPage } from './resultPage.ts';
import { useVscode } from './session.ts';

const prompt = 'a red apple on the left and a dog on the right, on grass';

describe('features in the editor', function () {
  this.timeout(120_000);
  this.slow(20_000);
  const vscode = useVscode();

  it('a click on a feature in the tree shows its map over the picture', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Generate with Prompt');
    await workbench.answerInput(prompt);
    await (await ResultPage.of(workbench)).picture();
    await workbench.openView('SAE');
    const block = workbench.viewRow('Blocks & Features', 'up.0.1');
    await block.getByText(/\d+ active/).waitFor({ timeout: 30_000 });
    await block.click();
    const feature = workbench.viewRow('Blocks & Features', '#');
    await feature.waitFor();
    const id = (await feature.locator('.label-name').innerText()).replace('#', '');
    await feature.click();
    const view = await workbench.panel('.blocks', 30_000);
    await view.getByRole('img', { name: `up.0.1/${id}: colours from 0 to` }).waitFor();
    assert.equal(await view.locator('.block').count(), 4);
    const first = view.getByRole('region', { name: 'Block up.0.1' }).locator('.featureId').first();
    assert.equal((await first.innerText()).trim(), id, 'tree and view rank alike');
    await workbench.screenshot('feature-view');
  });

  it('the feature view is there after a reload, with the same picture and map', async () => {
    const { workbench } = vscode();
    await workbench.reload();
    const view = await workbench.panel('.blocks', 60_000);
    await view.getByRole('img', { name: /^up\.0\.1\/\d+: colours from 0 to/ }).waitFor();
    assert.match((await view.locator('figcaption').first().textContent()) ?? '', /a red apple/);
  });
});
