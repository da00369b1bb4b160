import assert from 'node:assert/strict';
import { programsBelow } from '../support/processes.ts';
import { ResultPage } from './resultPage.ts';
import { useVscode } from './session.ts';

describe('Restricted Mode', function () {
  this.timeout(120_000);
  this.slow(30_000);
  const vscode = useVscode({ isTrustDisabled: false });

  const ourProcesses = () => {
    const { pid } = vscode().server;
    return [...programsBelow(pid, 'engine.cjs'), ...programsBelow(pid, 'runner.cjs')];
  };

  before(async function () {
    this.timeout(60_000);
    const { server, workbench } = vscode();
    const { page } = workbench;
    const minor = Number(server.vscode.split('.')[1]);
    // 1.106 asks in a dialog; 1.139 opens a folder in Restricted Mode without a question.
    if (minor < 120) {
      const no = page.getByRole('button', { name: /No, I don't trust/ });
      await no.click({ timeout: 50_000 });
      await workbench.dialog().waitFor({ state: 'hidden' });
    }
    const banner = page.locator('.statusbar-item', { hasText: 'Restricted Mode' });
    await banner.waitFor();
  });

  it('the views say that nothing runs until the folder is trusted', async () => {
    const { workbench } = vscode();
    await workbench.openView('SAE');
    const welcome = workbench.page.locator('.welcome-view-content');
    await welcome.filter({ hasText: 'Restricted Mode' }).first().waitFor({ timeout: 30_000 });
    await welcome.filter({ hasText: 'once you trust this folder' }).first().waitFor();
    assert.match(await workbench.statusItem(), /Restricted Mode/);
    await workbench.screenshot('restricted-mode');
  });

  it('the palette does not offer to generate', async () => {
    assert.equal(await vscode().workbench.hasCommand('SAE: Generate with Prompt'), false);
  });

  it('the keyboard shortcut starts nothing', async () => {
    const { workbench } = vscode();
    await workbench.page.keyboard.press('Control+K');
    await workbench.page.keyboard.press('Control+Alt+G');
    await workbench.page.waitForTimeout(2000);
    assert.equal(await workbench.input.isVisible(), false);
  });

  it('no process of ours exists', () => {
    assert.deepEqual(ourProcesses(), []);
  });

  it('generating works once the folder is trusted', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('Workspaces: Manage Workspace Trust');
    await workbench.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await workbench.runCommand('SAE: Generate with Prompt');
    await workbench.answerInput('a cat on grass');
    const result = await ResultPage.of(workbench);
    await result.picture();
  });
});
