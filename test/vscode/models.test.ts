import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { zipSync } from 'fflate';
import { cudaPackage } from '../../src/protocol/cuda.ts';
import { eventually } from '../support/eventually.ts';
import { FakeHub } from '../support/fakeHub.ts';
import { FakeNuget } from '../support/fakeNuget.ts';
import { OptimumFolders } from '../support/optimumFolders.ts';
import { useVscode } from './session.ts';

const root = join(import.meta.dirname, '..', '..');
const native = 'runtimes/linux-x64/native/libonnxruntime_providers_';
const noLibrary = new TextEncoder().encode('no library');
const { version: ortVersion } = JSON.parse(
  readFileSync(join(root, 'node_modules', 'onnxruntime-node', 'package.json'), 'utf8'),
) as { readonly version: string };
const saesDir = join(import.meta.dirname, '..', 'golden', 'sae', 'sdxl-unbox');

describe('models of others in the editor', function () {
  this.timeout(180_000);
  this.slow(30_000);
  const folders = new OptimumFolders();
  const dir = folders.unpack('tiny-fp32', 'their-model');
  // A repository may hold SAEs beside a model.
  const hub = new FakeHub(new Map([...filesOf(dir), ...filesOf(saesDir)]));
  const settings: Record<string, unknown> = {};
  const nuget = new FakeNuget(
    zipSync({ [`${native}shared.so`]: noLibrary, [`${native}cuda.so`]: noLibrary }),
    `${cudaPackage.toLowerCase()}/${ortVersion}`,
  );
  before(async () => {
    settings['featurescope.download.hub'] = await hub.start();
    settings['featurescope.download.nuget'] = await nuget.start();
  });
  const vscode = useVscode({ settings });
  after(async () => {
    await hub.stop();
    await nuget.stop();
    folders.remove();
  });

  const row = (text: string | RegExp) =>
    vscode()
      .workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: text })
      .first();
  /** What was answered takes effect a moment later: the list is opened until it shows it. */
  const chooserWith = (text: string | RegExp) =>
    eventually(
      `Choose Model with ${String(text)}`,
      async () => {
        await vscode().workbench.runCommand('SAE: Choose Model');
        await row(text).waitFor({ timeout: 5000 });
        return true;
      },
      60_000,
    );
  const editorText = () =>
    vscode().workbench.page.locator('.editor-instance .view-lines').first().innerText();

  it('Add Model looks at a folder, names what is wrong, and asks for its licence', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Add Model');
    await row('How to Export One').waitFor({ timeout: 60_000 });
    await workbench.screenshot('model-add');
    await row('Choose a Folder').click();
    await workbench.pickFolder(dir, 'Add This Model');
    const dialog = workbench.dialog();
    await dialog.filter({ hasText: 'Licence' }).waitFor({ timeout: 30_000 });
    await workbench.screenshot('model-licence');
    await dialog.getByRole('button', { name: 'Accept and Add' }).click();
    await chooserWith(dir);
    await workbench.screenshot('model-choose');
    await row(dir).click();
    await chooserWith(/their-model.*in use/s);
    await workbench.runCommand('SAE: Generate with Prompt');
    await workbench.answerInput('a red cat');
    await workbench.panel('.zoomBar', 60_000);
    await workbench.screenshot('model-picture');
  });

  it('the commands that export one are one click away', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Add Model');
    await row('How to Export One').click();
    await workbench.page.getByText('optimum-cli').first().waitFor();
    assert.match(await editorText(), /export.onnx/);
  });

  it('compares a provider with the CPU, and shows what its numbers are worth', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Compare Provider with CPU');
    await row(/CPU.*One session/s).waitFor({ timeout: 60_000 });
    await workbench.screenshot('provider-compare');
    await row(/CPU.*One session/s).click();
    await workbench.page.getByText('against').first().waitFor({ timeout: 90_000 });
    await workbench.screenshot('provider-parity');
    await workbench.closeEditors();
  });

  it('says what works here, what automatic means for the model, and fetches CUDA when asked', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Choose Provider');
    await row(/Automatic.*CPU for this model/s).waitFor({ timeout: 90_000 });
    await workbench.screenshot('provider-choose');
    if (process.platform !== 'linux' || process.arch !== 'x64') return;
    await row('Fetch CUDA').click();
    const dialog = workbench.dialog();
    await dialog.filter({ hasText: ortVersion }).waitFor({ timeout: 30_000 });
    await workbench.screenshot('provider-cuda');
    await dialog.getByRole('button', { name: 'Fetch', exact: true }).click();
    await workbench.viewRow('Jobs', 'try it with').waitFor({ timeout: 60_000 });
    await workbench.screenshot('provider-cuda-job');
  });

  it('downloads one by name and offers to add it', async () => {
    const { workbench } = vscode();
    await workbench.openView('SAE');
    await workbench.runCommand('SAE: Add Model');
    await row('Download by Name').click();
    await workbench.answerInput('me/mine');
    const dialog = workbench.dialog();
    await dialog.filter({ hasText: 'at commit' }).waitFor({ timeout: 30_000 });
    await workbench.screenshot('model-download');
    await dialog.getByRole('button', { name: 'Download', exact: true }).click();
    await workbench.viewRow('Jobs', 'add it with').waitFor({ timeout: 60_000 });
    await workbench.screenshot('model-downloaded');
    await workbench.runCommand('SAE: Add Model');
    await row('downloaded, not added yet').waitFor({ timeout: 30_000 });
  });

  it('downloads SAEs by name, those that are chosen, and offers to import them', async () => {
    const { workbench } = vscode();
    await workbench.runCommand('SAE: Import SAE');
    await row('Download by Name').click();
    await row('surokpro2/sdxl-saes').waitFor();
    await workbench.screenshot('saes-known');
    await row('Another Repository').click();
    await workbench.page.locator('.quick-input-widget', { hasText: 'owner/name' }).waitFor();
    await workbench.answerInput('me/mine');
    await row('unet.down_blocks.2.attentions.1').waitFor({ timeout: 30_000 });
    await workbench.screenshot('saes-parts');
    await workbench.page.keyboard.press('Enter');
    await workbench.dialog().filter({ hasText: '1 of it' }).waitFor({ timeout: 30_000 });
    await workbench.dialog().getByRole('button', { name: 'Download', exact: true }).click();
    await workbench.viewRow('Jobs', 'use it with').waitFor({ timeout: 60_000 });
    await workbench.runCommand('SAE: Import SAE');
    await row('me/mine: unet.down_blocks.2').waitFor({ timeout: 30_000 });
    await workbench.screenshot('saes-downloaded');
    await workbench.page.keyboard.press('Escape');
  });
});

/** A folder's files as a hub has them, by path. */
function filesOf(dir: string): ReadonlyMap<string, Uint8Array> {
  return new Map(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(dir, path).replaceAll('\\', '/'), readFileSync(path)]),
  );
}
