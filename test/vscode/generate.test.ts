import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { ResultPage } from './resultPage.ts';
import { useVscode } from './session.ts';

const prompt = 'a red apple on the left and a dog on the right, on grass';

describe('generating in the editor', function () {
  this.timeout(120_000);
  this.slow(20_000);
  const vscode = useVscode();

  it('the palette command makes a picture in a panel', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Generate with Prompt');
    await workbench.answerInput(prompt);
    const result = await ResultPage.of(workbench);
    await result.picture();
    assert.equal(await result.prompt.inputValue(), prompt);
    assert.equal(await result.problem.count(), 0);
    await workbench.screenshot('result-panel');
  });

  it('the view Runs lists the run', async () => {
    const { workbench } = vscode();
    await workbench.openView('SAE');
    await workbench.viewRow('Runs', 'a red apple').waitFor();
    await workbench.screenshot('runs-view');
  });

  it('the status item says that the engine is ready', async () => {
    const { workbench } = vscode();
    await eventually('a ready engine', async () =>
      (await workbench.statusItem()).includes('ready'),
    );
  });

  it('the panel, its prompt and its picture are there after a reload', async () => {
    const { workbench } = vscode();
    await workbench.reload();
    const result = await ResultPage.of(workbench);
    await result.picture();
    assert.equal(await result.prompt.inputValue(), prompt);
  });

  it('a run opens from the view after its panel was closed', async () => {
    const { workbench } = vscode();
    await workbench.closeEditors();
    await workbench.openView('SAE');
    await workbench.viewRow('Runs', 'a red apple').click();
    const result = await ResultPage.of(workbench);
    await result.picture();
    assert.equal(await result.prompt.inputValue(), prompt);
  });
});
