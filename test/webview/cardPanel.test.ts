import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { CardState } from '../../src/protocol/cardPanel.ts';
import { eventually } from '../support/eventually.ts';
import { calls } from './calls.ts';
import { aCardState } from './cardFixtures.ts';
import { openIndexPanel, themeNames, type OpenPanel, type PanelOptions } from './harness.ts';
import { usePanels } from './usePanels.ts';

describe('feature card', () => {
  const openPanel = usePanels();
  const open = async (state = aCardState(), options: PanelOptions = {}): Promise<OpenPanel> => {
    const panel = await openPanel((browser) =>
      openIndexPanel(browser, 'card', state, { width: 1100, ...options }),
    );
    await panel.page.locator('#root > *').first().waitFor();
    return panel;
  };
  const opened = async (state = aCardState(), options: PanelOptions = {}): Promise<Page> => {
    const { page } = await open(state, options);
    await page.getByRole('heading', { name: 'Figures' }).waitFor();
    return page;
  };

  it('shows figures with their formulas, words, and a table for the histogram', async () => {
    const page = await opened();
    const figures = page.getByRole('region', { name: 'Figures' });
    assert.match(await figures.innerText(), /Density\s+1.23\s+% of cells/);
    await figures.getByText('how?').first().click();
    assert.match(await figures.innerText(), /25,190 \/ 2,048,000/);
    await figures.getByText('Show as table').click();
    assert.equal(await figures.getByRole('row').count(), 2 + 1 + 12);
    const words = page.getByRole('region', { name: 'Table of words' });
    assert.match(await words.innerText(), /apple\s+300 of 340\s+3.2\s+0.83/);
  });

  it('draws pictures with the map over them, without it, and cropped', async () => {
    const page = await opened();
    const canvas = page.locator('.tileCanvas').first();
    const pixels = async (): Promise<string> => {
      await page.waitForTimeout(150);
      return canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
    };
    await eventually('a drawn picture', async () =>
      (await canvas.evaluate((element) => (element as HTMLCanvasElement).width)) > 50
        ? true
        : undefined,
    );
    const mapped = await pixels();
    await page.keyboard.press('m');
    const plain = await pixels();
    assert.notEqual(plain, mapped);
    await page.keyboard.press('c');
    assert.notEqual(await pixels(), plain);
    await page.keyboard.press('c');
    await page.keyboard.press('m');
    assert.equal(await pixels(), mapped);
    // A thumbnail that is not kept: its prompt instead.
    assert.equal(await page.locator('.tile .tilePrompt').count(), 1);
  });

  it('enlarges a picture with the prompt and the numbers of its map', async () => {
    const page = await opened();
    await page.getByRole('button', { name: 'Enlarge: Strongest' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('a red apple number 1 on').waitFor();
    await dialog.getByText('Show as table').click();
    assert.equal(await dialog.getByRole('row').count(), 17);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
  });

  it('keeps a label, and takes it back', async () => {
    const page = await opened();
    await page.keyboard.press('l');
    await page.keyboard.type('red apple');
    await page.keyboard.press('Enter');
    await page.getByText('Saved in featurescope-labels.tsv').waitFor();
    assert.equal(await page.locator('.cardLabel').innerText(), 'red apple');
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually('the imported label', async () =>
      (await page.locator('.cardLabel').innerText()) === 'apple' ? true : undefined,
    );
    assert.deepEqual(await calls(page, 'card/setLabel'), [
      { feature: { block: 'down.2.1', id: 17 }, text: 'red apple', note: '' },
      { feature: { block: 'down.2.1', id: 17 }, text: '', note: '' },
    ]);
  });

  it('does not save what is too long, and says what failed', async () => {
    const page = await opened();
    const field = page.getByRole('textbox', { name: 'Your label' });
    await field.fill('x'.repeat(201));
    await page.getByText('At most 200 characters; these are 201.').waitFor();
    const save = page.getByRole('button', { name: 'Save', exact: true });
    await eventually('Save is off', () => save.isDisabled());
    await page.evaluate(() => {
      window.fakeCards.failures['card/setLabel'] = {
        code: 'invalidInput',
        message: 'The disk is full.',
      };
    });
    await field.fill('short');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert').getByText('The disk is full.').waitFor();
    assert.equal(await field.inputValue(), 'short');
  });

  it('goes to a neighbour and back, and forgets what was typed about another', async () => {
    const page = await opened();
    await page.getByRole('textbox', { name: 'Your label' }).fill('unsaved');
    await page.getByRole('button', { name: /^down\.2\.1\/20, green apple/ }).click();
    await page.getByRole('heading', { name: 'down.2.1/20' }).waitFor();
    await page.getByRole('heading', { name: 'Figures' }).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Your label' }).inputValue(), '');
    await page.getByRole('heading', { name: 'Figures' }).click();
    await page.keyboard.press('[');
    await page.getByRole('heading', { name: 'down.2.1/17' }).waitFor();
  });

  it('pins, and changes lists', async () => {
    const page = await opened();
    await page.keyboard.press('p');
    await page.getByRole('button', { name: 'Unpin' }).waitFor();
    await page.getByRole('checkbox', { name: 'textures' }).click();
    await page.getByRole('textbox', { name: 'Name of a new list' }).fill('  mine ');
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: 'mine' }).waitFor();
    // Another feature is dropped on a list.
    await page.getByRole('checkbox', { name: 'mine' }).evaluate((element) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData('text/plain', 'down.2.1/20');
      element.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
    });
    const made = await eventually('three changes', async () => {
      const found = await calls(page, 'panel/setList');
      return found.length === 3 ? found : undefined;
    });
    const [own, other] = [
      { block: 'down.2.1', id: 17 },
      { block: 'down.2.1', id: 20 },
    ];
    assert.deepEqual(made, [
      { name: 'textures', features: [own], isMember: true },
      { name: 'mine', features: [own], isMember: true },
      { name: 'mine', features: [other], isMember: true },
    ]);
  });

  it('tests a label blindly', async () => {
    const page = await opened();
    await page.getByRole('button', { name: 'Test Blindly…' }).click();
    const judge = page.getByRole('button', { name: /^Judge/ });
    await judge.waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Figures' }).count(), 0);
    await eventually('the judgement is off', () => judge.isDisabled());
    await page.getByRole('button', { name: 'Picture 1: Active' }).focus();
    await page.keyboard.press('y');
    for (let index = 1; index < 10; index++) await page.keyboard.press('n');
    await judge.click();
    await page.getByText('Balanced accuracy 0.8').waitFor();
    assert.equal(await page.locator('.wrong').count(), 4);
    const [call] = await calls(page, 'card/judgeBlindTest');
    const guesses = [true, ...Array<boolean>(9).fill(false)];
    assert.deepEqual(call, {
      feature: { block: 'down.2.1', id: 17 },
      ...{ seed: 5, labelText: 'apple', guesses },
    });
    await page.getByRole('button', { name: 'Back to the Card' }).click();
    await page.getByRole('heading', { name: 'Figures' }).waitFor();
  });

  it('is saved as Markdown and as a sheet', async () => {
    const page = await opened();
    await page.getByRole('button', { name: 'Save Markdown…' }).click();
    await page.getByRole('button', { name: 'Save Sheet…' }).click();
    const files = await eventually('two files', async () => {
      const saved = await page.evaluate(() =>
        window.fakeCards.calls
          .filter(({ method }) => method === 'panel/saveFile')
          .map(({ params }) => {
            const { name, bytes } = params as { name: string; bytes: ArrayBuffer };
            return { name, size: bytes.byteLength, start: [...new Uint8Array(bytes, 0, 4)] };
          }),
      );
      return saved.length === 2 ? saved : undefined;
    });
    assert.deepEqual(
      files.map(({ name }) => name),
      ['down.2.1-17.md', 'down.2.1-17.png'],
    );
    assert.deepEqual(files[1]?.start, [0x89, 0x50, 0x4e, 0x47]);
    assert.ok(files[1].size > 100_000, `${files[1].size}`);
  });

  it('says what to do where there is nothing yet', async () => {
    const { page } = await open(aCardState({ feature: null }));
    await page.getByRole('button', { name: 'Find Feature…' }).click();
    await show(page, { feature: { block: 'strange.block', id: 4 } });
    await page.getByRole('button', { name: 'Index…' }).click();
    const asked = await eventually('both commands', async () => {
      const all = await calls(page, 'panel/run');
      return all.length === 2 ? all : undefined;
    });
    assert.deepEqual(asked, [
      { command: 'findFeature' },
      { command: 'indexSae', target: { block: 'strange.block' } },
    ]);
    await show(page, { feature: { block: 'mid.0', id: 666 }, labelsFile: null });
    await page.getByText('Dead: active in no sample').waitFor();
    await page.getByRole('button', { name: 'Open Folder…' }).waitFor();
  });

  it('keeps its feature over hiding', async () => {
    const page = await opened();
    await page.getByRole('checkbox', { name: 'Heat map' }).click();
    const kept = await page.evaluate(() => sessionStorage.getItem('vscodeState') ?? '');
    assert.deepEqual((JSON.parse(kept) as { feature: unknown }).feature, {
      block: 'down.2.1',
      id: 17,
    });
    await page.reload();
    await page.getByRole('heading', { name: 'Figures' }).waitFor();
    const heat = page.getByRole('checkbox', { name: 'Heat map' });
    await eventually('Heat map is off', async () => !(await heat.isChecked()));
  });

  it('draws what the feature does, and forgets it with the feature', async () => {
    const page = await opened();
    const drawings = page.getByRole('region', { name: 'What it does' });
    await drawings.getByRole('button', { name: 'Draw Icon' }).click();
    await drawings.getByText('γ = 1.5').waitFor();
    await drawings.getByRole('button', { name: 'Draw Dose Strip' }).click();
    await drawings.getByText('0.5 × mean').waitFor();
    await drawings.getByRole('img', { name: /^Distance by strength in × mean: / }).waitFor();
    assert.equal(await drawings.getByRole('figure').count(), 6);
    await show(page, { feature: { block: 'mid.0', id: 3 } });
    await page.getByRole('heading', { name: 'mid.0/3' }).waitFor();
    assert.equal(await drawings.getByRole('figure').count(), 0);
  });

  const pictured = new Set<string>(['light', 'dark']);
  for (const theme of themeNames) {
    it(`axe-core finds nothing in ${theme}, from 300 px to wide`, async () => {
      const panel = await open(aCardState(), { theme, width: 300 });
      const { page } = panel;
      await page.getByRole('heading', { name: 'Figures' }).waitFor();
      await page.getByRole('button', { name: 'Draw Dose Strip' }).click();
      await page.getByText('0.5 × mean').waitFor();
      for (const summary of await page.locator('details > summary').all()) await summary.click();
      assert.deepEqual(await panel.violations(), []);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 300, `${width} at 300`);
      if (pictured.has(theme)) {
        for (const wide of [300, 900, 1900]) {
          await page.setViewportSize({ width: wide, height: 900 });
          await page.waitForTimeout(300);
          await panel.screenshot(`card-${theme}-${wide}`);
        }
      }
      await page.getByRole('button', { name: 'Test Blindly…' }).click();
      await page.getByRole('button', { name: 'Picture 10: Not' }).waitFor();
      assert.deepEqual(await panel.violations(), []);
      await show(page, { feature: { block: 'strange.block', id: 4 } });
      await page.getByRole('button', { name: 'Index…' }).waitFor();
      assert.deepEqual(await panel.violations(), []);
    }).timeout(60_000);
  }

  it('fetches a contact sheet when asked, and blurs it until it is clicked', async () => {
    const feature = { block: 'up.0.0', id: 17 };
    const panel = await open(aCardState({ feature }));
    const { page } = panel;
    const sheet = page.getByRole('region', { name: 'Contact sheet' });
    assert.match(await sheet.innerText(), /surokpro2\/sdxl_sae_images/);
    assert.equal(await sheet.locator('img').count(), 0);
    await sheet.getByRole('button', { name: 'Fetch Contact Sheet' }).click();
    const blurOf = () =>
      sheet.locator('img').evaluate((element) => getComputedStyle(element).filter);
    const picture = sheet.getByRole('button', { name: /up.0.0\/17.*Click to see/ });
    await picture.waitFor();
    assert.match(await blurOf(), /blur/);
    await picture.click();
    assert.equal(await blurOf(), 'none');
    await sheet.getByRole('button', { name: 'Contact sheet of up.0.0/17' }).click();
    assert.match(await blurOf(), /blur/);
    assert.deepEqual(await panel.violations(), []);
    await panel.screenshot('card-contact-sheet');
    // Another feature is blurred again, and fetched by its own word.
    await picture.click();
    await page.evaluate(() => window.fakeCards.show({ feature: { block: 'up.0.0', id: 18 } }));
    await sheet.getByRole('button', { name: 'Fetch Contact Sheet' }).waitFor();
    await page.evaluate(() => window.fakeCards.show({ feature: { block: 'mid.0', id: 1 } }));
    await sheet.waitFor({ state: 'detached' });
  });

  it('shows a contact sheet at once where the setting says so', async () => {
    const feature = { block: 'up.0.0', id: 17 };
    const { page } = await open(aCardState({ feature, blursContactSheets: false }));
    await page.getByRole('button', { name: 'Fetch Contact Sheet' }).click();
    const picture = page.locator('.sheetPicture img');
    await picture.waitFor();
    assert.equal(await picture.evaluate((element) => getComputedStyle(element).filter), 'none');
  });
});

const show = (page: Page, change: Partial<CardState>): Promise<void> =>
  page.evaluate((next) => {
    return window.fakeCards.show(next);
  }, change);

/** Requests of a kind, once there is one. */
