import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { aForm, aState } from './resultFixtures.ts';
import { hasValue, useResultPages } from './useResultPages.ts';

describe('result panel: the form', () => {
  const open = useResultPages();

  it('names a wrong value and its range, and does not ask', async () => {
    const panel = await open(aState());
    await panel.field('Steps').fill('99');
    const words = 'Steps is 99; allowed are whole numbers from 1 to 50.';
    await panel.page.getByText(words).waitFor();
    await eventually('Generate is off', () => panel.button('Generate').first().isDisabled());
    await panel.page.keyboard.press('Control+Enter');
    const described = await panel
      .field('Steps')
      .evaluate((input) => [
        input.getAttribute('aria-invalid'),
        ...(input.ariaDescribedByElements ?? []).map(({ textContent }) => textContent),
      ]);
    assert.deepEqual(described, ['true', words]);
    await panel.field('Steps').fill('9');
    await panel.page.keyboard.press('Control+Enter');
    const form = { ...aForm, steps: 9 };
    assert.deepEqual(await panel.calls('result/generate'), [{ form, seedCount: 1 }]);
  });

  it('steps numbers with the arrow keys', async () => {
    const panel = await open(aState());
    await panel.field('Width').press('ArrowUp');
    await hasValue(panel.field('Width'), '136');
  });

  it('offers earlier prompts by key and by mouse', async () => {
    const panel = await open(aState({ promptHistory: ['a dog', 'a cat'] }));
    await panel.prompt.press('Control+Home');
    await panel.page.keyboard.press('ArrowUp');
    await hasValue(panel.prompt, 'a dog');
    await panel.page.keyboard.press('ArrowDown');
    await panel.page.keyboard.press('Control+End');
    await panel.page.keyboard.press('ArrowDown');
    await hasValue(panel.prompt, aForm.prompt);
    await panel.page.getByText('Earlier prompts').click();
    await panel.button('a cat').click();
    await hasValue(panel.prompt, 'a cat');
  });

  it('waits for a model before it offers numbers', async () => {
    const panel = await open(aState({ model: null, limits: null }));
    assert.equal(await panel.field('Steps').count(), 0);
    await eventually('Generate is off', () => panel.button('Generate').isDisabled());
    await panel.button('Choose Model').click();
    assert.deepEqual(await panel.calls('result/act'), [{ action: 'chooseModel' }]);
  });

  it('changes the scheduler', async () => {
    const panel = await open(aState());
    await panel.page.getByRole('combobox', { name: 'Scheduler' }).click();
    await panel.page.getByRole('option', { name: 'DDIM' }).click();
    await panel.button('Generate').first().click();
    const [call] = (await panel.calls('result/generate')) as { form: { scheduler: string } }[];
    assert.equal(call?.form.scheduler, 'DDIMScheduler');
  });
});
