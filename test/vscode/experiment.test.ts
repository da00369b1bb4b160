import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { useVscode } from './session.ts';

/** The embedded model's own name and size: what every picture of it has. */
const { id: modelId } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../models/mini/featurescope.json'), 'utf8'),
) as { id: string };
const text = `{
  // One picture, one edit.
  "version": 1,
  "model": { "id": ${JSON.stringify(modelId)} },
  "picture": {
    "prompt": "a red apple on grass",
    "negativePrompt": "",
    "seed": 3,
    "steps": 1,
    "guidanceScale": 0,
    "scheduler": "EulerAncestralDiscreteScheduler",
    "width": 128,
    "height": 128
  },
  "variants": [
    { "id": "v1", "name": "first", "edits": [{ "kind": "ablate", "block": "up.0.1" }] }
  ]
}
`;

interface Labels {
  readonly labels: readonly { readonly id: number; readonly label: string }[];
}
/** A feature that the embedded model names. */
const { id: labelledId, label } = (
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../models/mini/saes/mid.0/labels.json'), 'utf8'),
  ) as Labels
).labels[0]!;
const labelledText = text.replace(
  '{ "kind": "ablate", "block": "up.0.1" }',
  `{
      "kind": "scale", "block": "mid.0", "factor": 0, "maps": "static",
      "sources": [{ "feature": ${String(labelledId)} }]
    }`,
);

describe('an experiment in the editor', function () {
  this.timeout(300_000);
  this.slow(30_000);
  const vscode = useVscode();
  let board: Frame;
  const path = (): string => join(vscode().folder, 'apple.sae.json');
  const saved = (): string => readFileSync(path(), 'utf8');
  const variants = (): Promise<number> => board.locator('.variant').count();
  const hasVariants = (count: number): Promise<boolean> =>
    eventually(`${String(count)} variants`, async () => (await variants()) === count, 150_000);

  it('a file is shown as a board, beside its text', async () => {
    const { workbench } = vscode();
    writeFileSync(path(), text);
    await workbench.openFile('apple.sae.json');
    await workbench.page.getByText('Compare with HEAD').first().waitFor({ timeout: 150_000 });
    await workbench.page.getByText('Run Cell').first().waitFor();
    // Beside the text, which stays in front in its own group.
    await workbench.runCommand('SAE: Open Experiment as Board');
    board = await workbench.panel('.variants', 150_000);
    await hasVariants(1);
    await board.getByText('a red apple on grass').first().waitFor();
    await workbench.screenshot('experiment-beside');
  });

  it('a run fills the board and lies beside the file', async () => {
    const { workbench, folder } = vscode();
    await workbench.runCommand('SAE: Run Experiment');
    await board.locator('.variant .figures').first().waitFor({ timeout: 90_000 });
    const results = join(folder, '.sae', 'results');
    const [hash = ''] = await eventually('results', () => {
      const names = readdirSync(results);
      return names.length === 1 && !names[0]!.endsWith('.part') && names;
    });
    assert.ok(readdirSync(join(results, hash)).includes('c1-v1.png'));
    await workbench.screenshot('experiment-run');
  });

  it('the view lists it with its last results', async () => {
    const { workbench } = vscode();
    await workbench.openView('SAE');
    const { page } = workbench;
    await page.locator('.pane-header', { hasText: 'Experiments' }).click();
    const row = workbench.viewRow('Experiments', 'apple');
    await row.waitFor({ timeout: 60_000 });
    await row.locator('.monaco-tl-twistie').click();
    await workbench.viewRow('Experiments', 'Seed 3: v1').waitFor({ timeout: 60_000 });
    await workbench.screenshot('experiment-view');
  });

  it('what is wrong is told once, on the board and in the text, until it is right', async () => {
    const { workbench } = vscode();
    const { page } = workbench;
    const problems = (): Promise<number> => page.locator('.squiggly-error').count();
    const told = (): Promise<number> => board.locator('.problem').count();
    await workbench.runCommand('View: Focus First Editor Group');
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('End');
    await page.keyboard.type('oops');
    await eventually('the fault on the board', async () => (await told()) === 1, 60_000);
    await eventually('the fault in the text', async () => (await problems()) >= 1, 60_000);
    await workbench.screenshot('experiment-broken');
    await eventually(
      'the text as it was',
      async () => {
        await page.keyboard.press('Control+Z');
        return (await told()) === 0;
      },
      60_000,
    );
    await eventually('no fault in the text', async () => (await problems()) === 0, 60_000);
    await hasVariants(1);
  });

  it('a change on the board is in the text, and the file’s undo takes it back', async () => {
    const { workbench } = vscode();
    await board.getByRole('button', { name: 'Duplicate variant' }).first().click();
    await hasVariants(2);
    const lines = workbench.page.locator('.editor-instance .view-lines').first();
    await eventually('the copy in the text', async () =>
      (await lines.innerText()).includes('"v2"'),
    );
    await board.getByRole('button', { name: 'Undo' }).click();
    await hasVariants(1);
    await eventually('the text before', async () => !(await lines.innerText()).includes('"v2"'));
    await board.getByRole('button', { name: 'Redo' }).click();
    await hasVariants(2);
    await workbench.runCommand('File: Save');
    await eventually('the saved file', () => saved().includes('"v2"'));
    assert.match(saved(), /\/\/ One picture, one edit\./);
  });

  it('the text says what a feature is, and offers those that have a label', async () => {
    const { workbench, folder } = vscode();
    const { page } = workbench;
    writeFileSync(join(folder, 'labelled.sae.json'), labelledText);
    await workbench.closeEditors();
    await workbench.openFile('labelled.sae.json');
    const id = page.locator('.view-line span', { hasText: new RegExp(`^${String(labelledId)}$`) });
    await id.last().hover();
    const hover = page.locator('.monaco-hover:visible', { hasText: `mid.0/${String(labelledId)}` });
    await hover.getByText(label).first().waitFor({ timeout: 60_000 });
    await hover.getByRole('img').waitFor();
    await workbench.screenshot('experiment-hover');
    await id.last().dblclick();
    await page.keyboard.press('Control+Space');
    const offered = page.locator('.suggest-widget .monaco-list-row', { hasText: label });
    await offered.first().waitFor({ timeout: 60_000 });
    await workbench.screenshot('experiment-completion');
    await page.keyboard.press('Escape');
  });

  it('is exported as a table and as Python, which open', async () => {
    const { workbench, folder } = vscode();
    const { page } = workbench;
    for (const [form, content] of [
      ['Table', 'pixelDistance'],
      ['Python', 'StableDiffusionXLPipeline'],
    ] as const) {
      await workbench.openFile('labelled.sae.json');
      await workbench.runCommand('SAE: Export Experiment…');
      await workbench.answerInput(form);
      await eventually(
        form,
        async () => (await page.locator('.editor-instance').innerText()).includes(content),
        120_000,
      );
      await workbench.screenshot(`experiment-export-${form.toLowerCase()}`);
    }
    const names = readdirSync(folder);
    assert.ok(
      ['labelled.csv', 'labelled.python'].every((name) => names.includes(name)),
      names.join(),
    );
  });
});
