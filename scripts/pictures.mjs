/**
 * `npm run pictures`: takes the pictures of docs/ and media/walkthrough again, in a real VS Code with the embedded model.
 * After a change that shows, run it and look at what it made.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { launchChromium } from '../test/support/chromium.ts';
import { ResultPage } from '../test/vscode/resultPage.ts';
import { startVscodeServer } from '../test/vscode/server.ts';
import { Workbench } from '../test/vscode/workbench.ts';
import { runProcess } from './runProcess.mjs';
import { ensureVscodeServer, newestVscode } from './vscodeServer.mjs';

const root = dirname(import.meta.dirname);
const prompt = 'a cat and a red apple on the beach';
/**
 * The feature that is shown, by its label in the model: numbers change with every training. In the block where objects
 * are drawn, so that a removal takes the object away.
 */
const block = 'mid.0';
const label = 'apple';

const code = await runProcess('node', ['esbuild.mjs'], { cwd: root, stdio: ['ignore', 2, 2] });
if (code !== 0) process.exit(code);
process.env.FEATURESCOPE_VSCODE = JSON.stringify(await ensureVscodeServer(newestVscode));
const server = await startVscodeServer({ isTrustDisabled: true });
const browser = await launchChromium();
try {
  const folder = join(server.dataDir, 'workspace');
  mkdirSync(folder);
  await take(await Workbench.open({ browser, server, folder }));
} finally {
  await browser.close();
  await server.stop();
}

async function take(workbench) {
  const { page } = workbench;
  const shoot = (name, clip) => page.screenshot({ path: join(root, `${name}.png`), clip });
  const walkthrough = (name, clip) => shoot(join('media', 'walkthrough', name), clip);
  const row = (text) => workbench.viewRow('Blocks & Features', text);

  await workbench.openView('SAE');
  await page.locator('.pane-body .monaco-button').first().waitFor({ timeout: 60_000 });
  await workbench.runCommand('SAE: Generate with Prompt');
  await workbench.input.fill(prompt);
  await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
  await walkthrough('generate', { x: 0, y: 0, width: 1000, height: 340 });
  await page.keyboard.press('Enter');
  const result = await ResultPage.of(workbench);
  await result.picture();
  await settle(page);
  await shoot(join('docs', 'result-panel'));

  await row(block)
    .getByText(/\d+ active/)
    .waitFor();
  await row(block).click();
  const feature = row(label);
  await feature.click();
  const view = await workbench.panel('.blocks', 30_000);
  await view.getByRole('img', { name: new RegExp(`^${block}/\\d+: colours from`) }).waitFor();
  await page.mouse.move(600, 890);
  await settle(page);
  await shoot(join('docs', 'feature-view'));
  await walkthrough('features', { x: 0, y: 70, width: 1400, height: 570 });

  await feature.hover();
  await feature.getByRole('button', { name: 'Ablate Feature' }).click();
  const board = await workbench.panel('.variants', 30_000);
  await board.locator('.figures').first().waitFor({ timeout: 60_000 });
  await page.mouse.move(600, 890);
  await settle(page);
  await walkthrough('ablate', { x: 876, y: 36, width: 524, height: 800 });

  await workbench.closeEditors();
  await workbench.runCommand('SAE: Generate with Prompt');
  await workbench.answerInput(prompt);
  const again = await ResultPage.of(workbench);
  await again.picture();
  await again.frame.getByRole('button', { name: 'Four seeds' }).click();
  await again.frame.locator('.grid button.link').nth(3).waitFor({ timeout: 60_000 });
  await settle(page);
  await walkthrough('vary', { x: 352, y: 36, width: 1048, height: 640 });

  await workbench.viewRow('Runs', 'seed 2').hover();
  await page.locator('.workbench-hover img').first().waitFor();
  await settle(page);
  await walkthrough('find', { x: 0, y: 330, width: 620, height: 560 });
}

/** Hovers and tooltips come and go within a second. */
function settle(page) {
  return page.waitForTimeout(1500);
}
