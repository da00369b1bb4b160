import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { useVscode } from './session.ts';

const root = join(import.meta.dirname, '..', '..');

describe('explaining a picture in the editor', function () {
  this.timeout(180_000);
  this.slow(30_000);
  const vscode = useVscode();
  const name = 'apple.png';

  it('a right-click in the Explorer on a PNG that was just saved makes it again exactly', async () => {
    const { workbench, folder, server } = vscode();
    const args = ['generate', 'a red apple on grass', '--out', join(folder, name)];
    execFileSync(process.execPath, [join(root, 'dist', 'cli.cjs'), ...args], {
      stdio: 'ignore',
      env: { ...process.env, FEATURESCOPE_STORAGE: join(server.dataDir, 'cli') },
    });
    const { page } = workbench;
    await workbench.runCommand('View: Show Explorer');
    const row = page.locator('.explorer-folders-view .monaco-list-row', { hasText: name });
    const item = page.getByRole('menuitem', { name: /Explain Active Features/ });
    await eventually(
      'the menu with our command',
      async () => {
        await page.keyboard.press('Escape');
        // The server's watcher may tell of a new file late, or never.
        if (!(await row.isVisible())) await workbench.runCommand('Refresh Explorer');
        await row.click({ button: 'right', timeout: 5000 });
        await item.waitFor({ timeout: 5000 });
        // A menu that opens before the window knows that the folder is trusted stays as it is.
        return item.isEnabled();
      },
      60_000,
    );
    await workbench.screenshot('explain-menu');
    await item.click();
    const panel = await workbench.panel('.outcome', 90_000);
    assert.match(
      await panel.locator('.path').innerText(),
      /Made here.*every pixel is the same: exact/s,
    );
    await panel.locator('.features tbody tr').first().waitFor();
    await workbench.screenshot('explain-panel');
  });

  it('from the palette it explains the picture that is looked at', async () => {
    const { workbench } = vscode();
    await workbench.closeEditors();
    await workbench.openFile(name);
    await workbench.page.locator('.tab.active', { hasText: name }).waitFor();
    await workbench.runCommand('SAE: Explain Active Features');
    const panel = await workbench.panel('.outcome', 90_000);
    assert.match(await panel.locator('.path').innerText(), /Made here/);
  });
});
