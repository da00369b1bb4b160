import assert from 'node:assert/strict';
import type { Frame, Locator } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { ResultPage } from './resultPage.ts';
import { useVscode } from './session.ts';
import { idOfRow, type Workbench } from './workbench.ts';

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
    const id = await idOfRow(feature);
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

  it('the tree lists by id, by what is written, and only pinned features', async () => {
    const { workbench } = vscode();
    await workbench.openView('SAE');
    await workbench.viewRow('Blocks & Features', 'up.0.1').waitFor({ timeout: 30_000 });
    const rowIds = async (): Promise<number[]> => {
      const listed = await pane(workbench, 'Blocks & Features').locator('.monaco-list-row').all();
      const ids = await Promise.all(listed.map(idOfRow));
      return ids.filter((id) => id !== '').map(Number);
    };
    if ((await rowIds()).length === 0)
      await workbench.viewRow('Blocks & Features', 'up.0.1').click();
    await workbench.viewRow('Blocks & Features', '#').waitFor();
    const strongest = (await rowIds())[0]!;
    await workbench.runCommand('SAE: Sort Features by Id');
    await eventually('ids in order', async () => {
      const list = await rowIds();
      return list.length > 2 && list.every((id, index) => index === 0 || id > list[index - 1]!);
    });
    await workbench.runCommand('SAE: Filter Features');
    await workbench.answerInput(`${strongest}, sky`);
    const words = pane(workbench, 'Blocks & Features').locator('.message');
    await words.getByText(`Only features that match “${strongest}, sky”.`).waitFor();
    await eventually('one row', async () => (await rowIds()).join() === String(strongest));
    await workbench.runCommand('SAE: Clear Feature Filter');
    await eventually('more rows', async () => (await rowIds()).length > 2);
    await workbench.runCommand('SAE: List Pinned Features');
    await words.getByText('No feature is pinned.').waitFor();
    await workbench.runCommand('SAE: List Active Features');
    await workbench.runCommand('SAE: Sort Features by Strength');
    await eventually('strength', async () => (await rowIds())[0] === strongest);
  });

  it('one of four seeds that is enlarged is what tree, feature view and Runs are about', async () => {
    const { workbench } = vscode();
    const page = await resultFrame(workbench);
    await page.getByRole('button', { name: 'Four seeds' }).click();
    const seed = page.locator('.grid button.link').nth(2);
    await seed.waitFor({ timeout: 60_000 });
    const words = (await seed.innerText()).replace('Seed', 'seed').trim();
    await page.locator('.grid button.link').nth(3).waitFor({ timeout: 60_000 });
    await seed.click();
    await pane(workbench, 'Blocks & Features')
      .locator('.pane-header .description', { hasText: words })
      .waitFor();
    await pane(workbench, 'Runs')
      .locator('.monaco-list-row.selected', { hasText: words })
      .waitFor();
    const view = await workbench.panel('.blocks', 30_000);
    await view.locator('figcaption .seed', { hasText: words }).waitFor();
  });

  it('right-click menus of a picture and of a feature in the feature view', async () => {
    const { workbench } = vscode();
    const view = await workbench.panel('.blocks', 30_000);
    const items = async (): Promise<string> => {
      const menu = workbench.page.locator('.monaco-menu').last();
      await menu.waitFor();
      return (await menu.getByRole('menuitem').allInnerTexts()).join('|');
    };
    await view.locator('fs-picture canvas').first().click({ button: 'right' });
    const ofPicture = await items();
    for (const name of ['Compare Pictures', 'Save Picture as PNG', 'Copy Prompt', 'Reveal']) {
      assert.ok(ofPicture.includes(name), ofPicture);
    }
    await eventually("the picture's menu to close", async () => {
      await workbench.page.keyboard.press('Escape');
      return (await workbench.page.locator('.monaco-menu').count()) === 0;
    });
    const row = view.getByRole('region', { name: 'Block up.0.0' }).locator('tbody tr').nth(1);
    const id = (await row.locator('.featureId').innerText()).trim();
    await row.locator('.featureId').click({ button: 'right' });
    assert.match(await items(), /Show Feature Map.*Pin Feature.*Copy Feature Id/s);
    await chooseInMenu(workbench, 'Pin Feature');
    const first = view.getByRole('region', { name: 'Block up.0.0' }).locator('.featureId').first();
    await eventually('pinned', async () => (await first.innerText()).trim() === id);
    await workbench.runCommand('SAE: List Pinned Features');
    await workbench.viewRow('Blocks & Features', `#${id}`).waitFor();
    await workbench.runCommand('SAE: List Active Features');
  });

  it('two selected runs are compared, and a deleted one is no longer current', async () => {
    const { workbench } = vscode();
    const rows = pane(workbench, 'Runs').locator('.monaco-list-row', { hasText: 'seed' });
    const seedOf = async (row: Locator): Promise<string> =>
      /seed \d+/.exec(await row.innerText())?.[0] ?? 'no seed';
    const selected = pane(workbench, 'Runs').locator('.monaco-list-row.selected');
    // The current one out, two others in: neither is the one that a single choice would be compared with.
    await selected.click({ modifiers: ['ControlOrMeta'] });
    const chosen = [rows.nth(3), rows.nth(4)];
    for (const row of chosen) await row.click({ modifiers: ['ControlOrMeta'] });
    await eventually('two selected rows', async () => (await selected.count()) === 2);
    await rows.nth(4).click({ button: 'right' });
    await chooseInMenu(workbench, 'Compare Pictures…');
    const view = await workbench.panel('.severalTiles', 30_000);
    await view.getByRole('columnheader', { name: 'Difference' }).first().waitFor();
    const seeds = await Promise.all(chosen.map(seedOf));
    assert.deepEqual((await view.locator('figcaption .seed').allInnerTexts()).sort(), seeds.sort());
    await workbench.screenshot('feature-compare');
    await view.getByText('U-net: where the blocks are').click();
    await view.locator('.unetPart button', { hasText: 'up.0.1' }).waitFor();
    await workbench.screenshot('feature-unet');
    await rows.nth(1).click();
    await eventually('the run is current', async () => {
      const caption = await view.locator('figcaption .seed').first().innerText();
      return (await rows.nth(1).innerText()).includes(caption);
    });
    await workbench.page.keyboard.press('Delete');
    await view.getByText('No picture yet').waitFor();
    await workbench.runCommand('SAE: Restore Deleted Run');
    await view.locator('figcaption').first().waitFor();
  });
});

const pane = (workbench: Workbench, view: string): Locator =>
  workbench.page.locator('.pane', {
    has: workbench.page.locator('.pane-header', { hasText: view }),
  });

/** A menu that has just opened ignores the first click. */
const chooseInMenu = (workbench: Workbench, name: string): Promise<boolean> =>
  eventually(`the menu to close after ${name}`, async () => {
    const item = workbench.page.getByRole('menuitem', { name, exact: true });
    await item.click({ timeout: 2000 }).catch(() => undefined);
    return (await item.count()) === 0;
  });

const resultFrame = (workbench: Workbench): Promise<Frame> => workbench.panel('.details', 30_000);
