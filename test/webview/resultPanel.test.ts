import assert from 'node:assert/strict';
import { aForm, aManifest, aPicture, aState } from './resultFixtures.ts';
import { hasValue, running, useResultPages } from './useResultPages.ts';

describe('result panel', () => {
  const open = useResultPages();

  describe('from a prompt to a picture', () => {
    it('asks with the form as typed, shows progress, then the picture', async () => {
      const panel = await open(aState());
      await panel.prompt.fill('a cat on grass');
      await panel.field('Seed').fill('11');
      await panel.page.keyboard.press('Control+Enter');
      const form = { ...aForm, prompt: 'a cat on grass', seed: 11 };
      assert.deepEqual(await panel.calls('result/generate'), [{ form, seedCount: 1 }]);

      await panel.show({ status: running(0.4) });
      assert.equal(
        await panel.page.getByRole('progressbar').getAttribute('aria-label'),
        'Denoising step 1 of 1',
      );
      await panel.show({ status: { kind: 'idle' }, pictures: [aPicture(11)] });
      await panel.page.getByText('Picture with seed 11 is finished.').waitFor();
      assert.equal(await panel.page.getByRole('progressbar').count(), 0);
      const name =
        'Picture for the prompt “a red apple on the left and a dog on the right, on grass”, seed 11, 128 by 128 pixels';
      await panel.page.getByRole('img', { name }).waitFor();
    });

    it('draws the pixels that it was given', async () => {
      const panel = await open(aState({ pictures: [aPicture()] }));
      await panel.page.locator('.zoomBar').waitFor();
      const corner = await panel.page
        .locator('.large canvas')
        .evaluate((canvas: HTMLCanvasElement) => {
          const { data } = canvas.getContext('2d')!.getImageData(canvas.width / 2, 60, 1, 1);
          return [...data];
        });
      // The sky at the top of the fake picture, within what smoothing between two rows changes.
      for (const [channel, value] of [129, 185, 245, 255].entries()) {
        assert.ok(Math.abs(corner[channel]! - value) <= 12, String(corner));
      }
    });

    it('moves nothing below when a run begins and ends', async () => {
      const panel = await open(aState({ pictures: [aPicture(6)] }));
      const top = () =>
        panel.page.locator('.large').evaluate((element) => element.getBoundingClientRect().top);
      await panel.show({ status: running(0.4) });
      await panel.page.getByRole('progressbar').waitFor();
      const during = await top();
      await panel.show({ status: { kind: 'idle' }, pictures: [aPicture(7)] });
      await panel.page.getByText('Picture with seed 7 is finished.').waitFor();
      assert.equal(await top(), during);
    });

    it('does not lose what is typed while it runs', async () => {
      const panel = await open(aState());
      await panel.button('Generate').first().click();
      await panel.prompt.fill('already the next one');
      await panel.show({ status: running(0.9) });
      await panel.show({ status: { kind: 'idle' }, pictures: [aPicture()] });
      assert.equal(await panel.prompt.inputValue(), 'already the next one');
    });
  });

  it('cancels with Escape and with the button', async () => {
    const panel = await open(aState({ status: running(0.1) }));
    await panel.page.keyboard.press('Escape');
    await panel.button('Cancel').click();
    await panel.calls('result/cancel', 2);
    await panel.show({ status: { kind: 'idle' } });
    await panel.page.keyboard.press('Escape');
    await panel.page.keyboard.press('Control+Enter');
    await panel.calls('result/generate');
    assert.equal((await panel.calls('result/cancel')).length, 2);
  });

  it('says what went wrong, what helps, and where the log is', async () => {
    const problem = {
      cause: 'The engine ended unexpectedly (signal SIGKILL).',
      action: { id: 'restartEngine', label: 'Restart Engine' },
    } as const;
    const panel = await open(
      aState({ status: { kind: 'failed', problem }, pictures: [aPicture()] }),
    );
    assert.match((await panel.page.getByRole('alert').textContent()) ?? '', /signal SIGKILL/);
    await panel.button('Restart Engine').click();
    await panel.button('Show log').click();
    assert.deepEqual(await panel.calls('result/act', 2), [
      { action: 'restartEngine' },
      { action: 'showLog' },
    ]);
    assert.equal(await panel.page.locator('.large').count(), 1);
  });

  it('says when a request fails, and takes it back when the next one works', async () => {
    const panel = await open(aState({ pictures: [aPicture()] }));
    await panel.page.evaluate(() => {
      window.fakeHost.failures['result/reveal'] = { code: 'internal', message: 'No file manager.' };
      window.fakeHost.failures['result/savePng'] = { code: 'cancelled', message: 'Cancelled.' };
    });
    await panel.button('Save PNG…').click();
    await panel.button('Reveal file').click();
    await panel.page.getByRole('alert').getByText('No file manager.').waitFor();
    await panel.button('Copy seed').click();
    await panel.page.getByText('Seed copied.').waitFor();
    assert.equal(await panel.page.getByRole('alert').count(), 0);
  });

  describe('several seeds', () => {
    it('asks for four, keeps places for them, and shows one large', async () => {
      const panel = await open(aState({ pictures: [aPicture(7)] }));
      await panel.button('Four seeds').click();
      const form = { ...aForm, seed: 8 };
      assert.deepEqual(await panel.calls('result/generate'), [{ form, seedCount: 4 }]);
      const status = { ...running(0.3), pictureIndex: 1, pictureCount: 4 };
      await panel.show({ form, status, pictures: [aPicture(8)] });
      await panel.page.getByText('picture 2 of 4').waitFor();
      assert.equal(await panel.page.locator('.grid > li').count(), 4);
      await panel.show({
        status: { kind: 'idle' },
        pictures: [8, 9, 10, 11].map((seed) => aPicture(seed)),
      });
      await panel.button('Seed 10').click();
      assert.equal(await panel.page.locator('.large canvas').count(), 1);
      assert.match((await panel.page.locator('.description').textContent()) ?? '', /10/);
      await panel.page.keyboard.press('Escape');
      await panel.page.locator('.grid canvas').nth(3).click();
      await panel.page.getByRole('article', { name: 'Picture with seed 11' }).waitFor();
      await panel.button('All 4 pictures').click();
      await panel.page.locator('.grid canvas').nth(0).press('Enter');
      await panel.page.getByRole('article', { name: 'Picture with seed 8' }).waitFor();
    });

    it('zooms them together', async () => {
      const panel = await open(aState({ pictures: [7, 8].map((seed) => aPicture(seed)) }));
      const pixels = () =>
        panel.page
          .locator('.grid canvas')
          .evaluateAll((all) => all.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
      await panel.page.waitForFunction(
        () => document.querySelectorAll('.grid canvas').length === 2,
      );
      await panel.page.waitForTimeout(200);
      const before = await pixels();
      await panel.page.locator('.grid canvas').nth(0).press('+');
      const after = await pixels();
      assert.equal(after.filter((url, index) => url !== before[index]).length, 2);
    });

    it('continues after the last seed that was shown', async () => {
      const panel = await open(aState({ pictures: [7, 8, 9, 10].map((seed) => aPicture(seed)) }));
      await panel.button('Next seed').click();
      const [call] = (await panel.calls('result/generate')) as { form: { seed: number } }[];
      assert.equal(call?.form.seed, 11);
    });
  });

  it('comes back after a reload as it was', async () => {
    const pictures = [7, 8].map((seed) => aPicture(seed));
    const panel = await open(aState({ pictures }));
    await panel.prompt.fill('half a sent');
    await panel.page.getByText('Negative prompt').click();
    await panel.button('Seed 8').click();
    await panel.page.reload();
    await panel.page.getByRole('article', { name: 'Picture with seed 8' }).waitFor();
    await hasValue(panel.prompt, 'half a sent');
    assert.equal(await panel.field('What the picture should not show').isVisible(), true);
  });

  it('is reached by keyboard in reading order', async () => {
    const panel = await open(aState({ pictures: [aPicture()], promptHistory: ['a dog'] }));
    await panel.page.locator('.zoomBar').waitFor();
    const names: string[] = [];
    for (let stop = 0; stop < 24; stop++) {
      await panel.page.keyboard.press('Tab');
      const name = await panel.page.evaluate(() => {
        let element = document.activeElement;
        if (element === document.body) return '';
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        const host = document.activeElement;
        return element?.getAttribute('aria-label')?.trim() ?? host?.textContent.trim() ?? '';
      });
      if (name === '' || name === names[0]) break;
      names.push(name.startsWith('Picture for') ? 'picture' : name);
    }
    assert.deepEqual(names, [
      ...['Prompt', 'Generate', 'Next seed', 'Four seeds'],
      ...['Seed', 'Steps', 'Guidance', 'Scheduler', 'Width', 'Height'],
      ...['Earlier prompts', 'Negative prompt', 'picture'],
      ...['Zoom out', 'Zoom in', 'Fit into its frame', '1:1, actual size'],
      ...['Copy prompt', 'Copy seed', 'Save PNG…', 'Copy image', 'Reveal file'],
      'How is Time found?',
    ]);
  });

  for (const width of [300, 800, 2560]) {
    it(`fits a panel of ${width} pixels`, async () => {
      const long = aManifest({ prompt: 'x'.repeat(500) });
      const panel = await open(
        aState({
          pictures: [{ ...aPicture(), manifest: long }],
          status: { kind: 'failed', problem: { cause: `No file /${'y'.repeat(200)}.onnx` } },
        }),
        { width },
      );
      await panel.field('Steps').fill('99');
      await panel.page.locator('.zoomBar').waitFor();
      const overflow = await panel.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(overflow, 0);
    });
  }
});
