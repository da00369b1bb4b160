import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { ResultPage } from './resultPage.ts';
import { useVscode } from './session.ts';

const prompt = 'a red apple on the left and a dog on the right, on grass';
const blocksView = 'Focus on Blocks & Features View';

/** Nothing here is clicked: locators only read what is on the screen. */
describe('the editor by keyboard alone', function () {
  this.timeout(120_000);
  this.slow(20_000);
  const vscode = useVscode();
  const press = (key: string): Promise<void> => vscode().workbench.page.keyboard.press(key);

  /** Enter takes the first row, whatever it is by then. */
  const runCommand = async (title: string): Promise<void> => {
    const { page, input } = vscode().workbench;
    const first = page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title });
    await press('F1');
    await input.waitFor();
    await page.keyboard.type(title);
    await first.waitFor();
    await press('Enter');
  };

  /** The row of the tree that has the keys; none while the tree has not. */
  const focusedRows = () => {
    const { page } = vscode().workbench;
    const tree = page.locator('.monaco-list[aria-label="Blocks & Features"]');
    return tree.and(page.locator(':focus')).locator('.focused');
  };

  const downTo = (text: string): Promise<boolean> =>
    eventually(`the row ${text}`, async () => {
      if ((await focusedRows().allInnerTexts()).join().includes(text)) return true;
      await press('ArrowDown');
      return false;
    });

  /** @returns of the row with the keys, as a screen reader says it, once it is another one than `not` */
  const focusedFeature = (not = ''): Promise<string> =>
    eventually('the keys on a feature', async () => {
      const names = await focusedRows().evaluateAll((rows) =>
        rows.map((row) => row.getAttribute('aria-label') ?? ''),
      );
      const id = /^Feature up\.0\.1\/(\d+)/.exec(names.join())?.[1];
      return id !== not && id;
    });

  /** Tab after Tab, as a person would, until the control has the focus. @returns names on the way */
  const tabTo = async (frame: Frame, name: string): Promise<string[]> => {
    const names: string[] = [];
    for (let count = 0; count < 60 && names.at(-1) !== name; count++) {
      await press('Tab');
      names.push(await frame.evaluate(nameOfFocused));
    }
    assert.equal(names.at(-1), name, names.join(', '));
    return names;
  };

  const shownMap = async (id: string): Promise<void> => {
    const view = await vscode().workbench.panel('.blocks', 30_000);
    await view.getByRole('img', { name: `up.0.1/${id}: colours from 0 to` }).waitFor();
  };

  it('a chord asks for a prompt, and Tab goes through the panel as it is read', async () => {
    const { workbench } = vscode();
    await eventually(
      'the question for a prompt',
      async () => {
        await press('Control+K');
        await press('g');
        await workbench.page
          .getByText('Generate with Prompt', { exact: true })
          .waitFor({ timeout: 3000 });
        return true;
      },
      60_000,
    );
    await workbench.page.keyboard.type(prompt);
    await press('Enter');
    const result = await ResultPage.of(workbench);
    await result.picture();
    assert.deepEqual(await tabTo(result.frame, 'Steps'), [
      ...['Prompt', 'Generate', 'Next seed', 'Four seeds', 'Seed', 'Steps'],
    ]);
  });

  it('a view that was never open gets the keys, and Enter on a feature shows its map', async () => {
    await runCommand(blocksView);
    await downTo('up.0.1');
    await press('ArrowRight');
    // Rows are drawn again when their labels come; VS Code does not know a row's command just then.
    const { page } = vscode().workbench;
    await page
      .locator('.monaco-list-row', { hasText: /[a-z].*#\d/ })
      .first()
      .waitFor();
    await press('ArrowDown');
    const id = await focusedFeature();
    await press('Enter');
    await shownMap(id);
    assert.equal(await focusedFeature(), id, 'the keys stay in the tree');
  });

  it('the menu of a row ablates its feature, and the board takes it back', async () => {
    const { workbench } = vscode();
    const id = await focusedFeature();
    await press('Shift+F10');
    await workbench.page.getByRole('menuitem', { name: 'Ablate Feature' }).waitFor();
    await eventually('Ablate Feature in the menu', async () => {
      await press('ArrowDown');
      return (await workbench.page.evaluate(nameOfFocused)) === 'Ablate Feature';
    });
    await press('Enter');
    const board = await workbench.panel('.variants', 30_000);
    const chip = board.locator('.editChip', { hasText: `remove #${id}` });
    await chip.waitFor();
    await board.locator('.variant .figures').first().waitFor({ timeout: 60_000 });
    assert.deepEqual(await tabTo(board, 'Undo'), ['Run Board', 'Undo']);
    await press('Enter');
    await chip.waitFor({ state: 'detached' });
    await tabTo(board, 'Redo');
    await press('Enter');
    await chip.waitFor();
    await press('Control+Z');
    await chip.waitFor({ state: 'detached' });
  });

  it('a feature chosen while the feature view lies behind the board is the one it shows', async () => {
    await runCommand(blocksView);
    const before = await focusedFeature();
    await press('ArrowDown');
    const id = await focusedFeature(before);
    await press('Enter');
    await shownMap(id);
    await vscode().workbench.screenshot('keyboard');
  });
});

/** Runs in the page. */
function nameOfFocused(): string {
  const element = document.activeElement;
  return element?.getAttribute('aria-label') ?? element?.textContent.trim() ?? '';
}
