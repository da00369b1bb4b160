import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { useVscode } from './session.ts';

const root = join(import.meta.dirname, '..', '..');

describe('SAEs in the editor', function () {
  this.timeout(120_000);
  this.slow(20_000);
  const vscode = useVscode();

  /** An SAE of the embedded model as somebody else's files, in the workspace. */
  function someFiles(): string {
    const { folder, server } = vscode();
    const path = join(folder, 'their-sae');
    const args = ['sae', 'export', 'up.0.1', '--format', 'saelens', '--out', path];
    execFileSync(process.execPath, [join(root, 'dist', 'cli.cjs'), ...args], {
      env: { ...process.env, FEATURESCOPE_STORAGE: join(server.dataDir, 'cli') },
    });
    return path;
  }

  it('imports one step by step, judges it, and reads pictures with it', async () => {
    const { workbench } = vscode();
    const path = someFiles();
    await workbench.runCommand('SAE: Import SAE');
    const row = workbench.page.locator('.quick-input-list .monaco-list-row');
    await row.filter({ hasText: 'Choose a Folder' }).click();
    await workbench.pickFolder(path, 'Import This SAE');
    await row.filter({ hasText: 'the files suggest this' }).waitFor({ timeout: 30_000 });
    await workbench.screenshot('sae-import-block');
    await row.filter({ hasText: 'the files suggest this' }).click();
    await row.filter({ hasText: 'ΔD, the update of the block' }).waitFor();
    await workbench.screenshot('sae-import-target');
    await row.filter({ hasText: 'ΔD, the update of the block' }).click();
    const report = await workbench.panel('.saeHead', 60_000);
    await report.locator('.verdict.accepted').waitFor({ timeout: 60_000 });
    assert.match(await report.locator('.facts').innerText(), /imported last/);
    await workbench.screenshot('sae-report');

    await workbench.runCommand('SAE: Generate with Prompt');
    await workbench.answerInput('a castle at night');
    await workbench.panel('.zoomBar', 60_000);
    await workbench.openView('SAE');
    const block = workbench.viewRow('Blocks & Features', 'up.0.1');
    await block.getByText(/\d+ active/).waitFor({ timeout: 30_000 });
    await block.hover();
    await workbench.page.getByText('from saelens').first().waitFor({ timeout: 10_000 });
  });

  it('the report is there after a reload', async () => {
    const { workbench } = vscode();
    await workbench.reload();
    await workbench.page.locator('.tab', { hasText: 'SAE Report' }).first().click();
    const report = await workbench.panel('.saeHead', 60_000);
    await report.locator('.verdict.accepted').waitFor();
  });

  it('removes it, and says so in its report', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Remove SAE');
    const row = workbench.page.locator('.quick-input-list .monaco-list-row');
    await row.filter({ hasText: 'SAELens files' }).click();
    const report = await workbench.panel('.emptyState', 30_000);
    await report.getByText('This SAE was removed').waitFor();
  });
});
