import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { aForm, aManifest, aPicture, aState } from './resultFixtures.ts';
import { useResultPages } from './useResultPages.ts';

describe('result panel: a picture', () => {
  const open = useResultPages();

  it('copies, saves and reveals', async () => {
    const panel = await open(aState({ pictures: [aPicture()] }));
    await panel.button('Copy prompt').click();
    await panel.button('Copy seed').click();
    await panel.button('Save PNG…').click();
    await panel.button('Reveal file').click();
    assert.deepEqual(await panel.calls('result/copyText', 2), [
      { text: aForm.prompt },
      { text: '7' },
    ]);
    assert.deepEqual(await panel.calls('result/savePng'), [{ pictureId: 'run-7' }]);
    assert.deepEqual(await panel.calls('result/reveal'), [{ pictureId: 'run-7' }]);
  });

  it('puts the picture on the clipboard in its own size', async () => {
    const panel = await open(aState({ pictures: [aPicture()] }));
    await panel.page.locator('.zoomBar').waitFor();
    await panel.button('Copy image').click();
    await panel.page.getByText('Picture copied.').waitFor();
    const size = await panel.page.evaluate(async () => {
      const [item] = await navigator.clipboard.read();
      const bitmap = await createImageBitmap(await item!.getType('image/png'));
      return [bitmap.width, bitmap.height];
    });
    assert.deepEqual(size, [128, 128]);
  });

  it('says so when it may not copy', async () => {
    const panel = await open(aState({ pictures: [aPicture()] }));
    await panel.page.locator('.zoomBar').waitFor();
    await panel.page.context().clearPermissions();
    await panel.page.evaluate(() => {
      navigator.clipboard.write = () => Promise.reject(new Error('Not allowed.'));
    });
    await panel.button('Copy image').click();
    await panel.page
      .getByRole('alert')
      .getByText('The picture could not be copied: Not allowed.')
      .waitFor();
  });

  it('cannot reveal what was not kept, and says why', async () => {
    const unkept = { ...aPicture(), pictureId: 'unkept-1', isKept: false };
    const panel = await open(aState({ pictures: [unkept] }));
    await eventually('Reveal file is off', () => panel.button('Reveal file').isDisabled());
    const title = await panel.page
      .locator('vscode-button', { hasText: 'Reveal file' })
      .getAttribute('title');
    assert.match(title ?? '', /not kept/);
  });

  it('tells VS Code which picture a context menu is for', async () => {
    const panel = await open(aState({ pictures: [aPicture()] }));
    const context = await panel.page.locator('fs-picture').getAttribute('data-vscode-context');
    assert.deepEqual(JSON.parse(context ?? ''), {
      webviewSection: 'picture',
      pictureId: 'run-7',
      preventDefaultContextMenuItems: true,
    });
  });

  it('shows nothing, and why, when its pixels cannot be had', async () => {
    const panel = await open(aState({ pictures: [aPicture()] }));
    await panel.page.locator('.zoomBar').waitFor();
    await panel.page.evaluate(() => {
      window.fakeHost.failures['result/pixels'] = {
        code: 'closed',
        message: 'The engine is gone.',
      };
    });
    await panel.show({ pictures: [aPicture(8)] });
    await panel.page.getByRole('alert').getByText('The engine is gone.').waitFor();
    const isBlank = await panel.page.locator('.large canvas').evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const context = (canvas as HTMLCanvasElement).getContext('2d')!;
      return context.getImageData(0, 0, width, height).data.every((value) => value === 0);
    });
    assert.equal(isBlank, true);
    assert.equal((await panel.calls('result/pixels', 2)).length, 2);
  });

  it('shows the time of each phase', async () => {
    const panel = await open(aState({ pictures: [aPicture()] }));
    const rows = await panel.page.locator('.timings tbody tr').allInnerTexts();
    assert.deepEqual(rows, ['Encoding text\t4.2 ms', 'Denoising\t41.7 ms', 'Decoding\t12.9 ms']);
    assert.match(await panel.page.locator('.figure').innerText(), /61\.3\s+ms/);
  });

  it('names the words that the model did not read', async () => {
    const cut = {
      prompt: 'prompt',
      cutText: 'and a dog on grass',
      tokenCount: 37,
      tokenLimit: 32,
    } as const;
    const panel = await open(aState({ pictures: [aPicture(7, [cut])] }));
    const note = panel.page.getByRole('note');
    assert.equal(
      await note.textContent(),
      'The prompt has 37 tokens, the model reads 32. Not read: “and a dog on grass”',
    );
  });

  it('shows a run of another prompt with its own words', async () => {
    const manifest = aManifest({ prompt: 'a <b>bold</b> prompt', negativePrompt: 'rain' });
    const panel = await open(aState({ pictures: [{ ...aPicture(), manifest }] }));
    const text = await panel.page.locator('.description').innerText();
    assert.match(text, /a <b>bold<\/b> prompt/);
    assert.match(text, /Without\s+rain/);
  });
});
