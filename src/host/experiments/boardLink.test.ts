import assert from 'node:assert/strict';
import type { BoardDocument } from '../../protocol/boardPanel.ts';
import type { Experiment, ExperimentBoard } from '../../protocol/experiment.ts';
import { formatExperiment } from '../../protocol/experimentText.ts';
import type { EditMask } from '../../protocol/recipe.ts';
import { emptyDocument } from '../board/boardDocument.ts';
import { BoardLink } from './boardLink.ts';
import { experimentFrom } from './experimentFile.ts';

const resolved: EditMask = { kind: 'pixels', rule: 'binary', width: 1, height: 1, runs: [1, 9] };
const experiment: Experiment = {
  version: 1,
  title: 'Kept',
  model: { id: 'mini' },
  picture: {
    ...{ prompt: 'a cat', negativePrompt: '', seed: 7, steps: 1, guidanceScale: 0 },
    ...{ scheduler: 'EulerDiscreteScheduler', width: 128, height: 128 },
  },
  variants: [
    {
      id: 'v1',
      edits: [
        { kind: 'ablate', block: 'mid.0', mask: { kind: 'png', rule: 'binary', file: 'm.png' } },
      ],
    },
  ],
};

/** The engine's part: the only mask there is comes from its PNG. */
const boardOf = ({
  picture,
  columns = { kind: 'one' },
  variants,
}: Experiment): ExperimentBoard => ({
  ...{ picture, columns },
  variants: variants.map(({ id, name, edits }) => ({
    id,
    recipe: {
      version: 1,
      ...(name !== undefined && { name }),
      edits: edits.map(({ mask, ...edit }) => ({
        ...edit,
        ...(mask && { mask: resolved }),
      })) as never,
    },
  })),
});

class Harness {
  text = `// A comment.\n${formatExperiment(experiment)}`;
  document: BoardDocument = emptyDocument;
  told = '';
  undone: boolean[] = [];
  readonly link = new BoardLink({
    text: () => this.text,
    write: async (text) => {
      this.text = text;
    },
    undo: (isRedo) => this.undone.push(isRedo),
    read: async (text) => {
      const read = await experimentFrom(text, 'x');
      return { experiment: read, board: boardOf(read) };
    },
  });

  load(document: BoardDocument): void {
    this.document = document;
    this.told = '';
  }
  tell(error: unknown): void {
    this.told = (error as Error).message;
  }

  async open(): Promise<this> {
    await this.link.join(this);
    return this;
  }

  async change(change: Partial<BoardDocument>, isContinued = false): Promise<void> {
    this.document = { ...this.document, ...change };
    this.link.changed(this.document, isContinued);
    await this.link.settle();
  }
}

describe('board and text of an experiment', () => {
  it('the board shows the text, and follows it', async () => {
    const harness = await new Harness().open();
    assert.equal(harness.document.base?.seed, 7);
    assert.deepEqual(harness.document.variants[0]?.recipe.edits[0]?.mask, resolved);
    harness.text = harness.text.replace('"seed": 7', '"seed": 8');
    await harness.link.textChanged();
    assert.equal(harness.document.base.seed, 8);
  });

  it('a change of the board is a small change of the text', async () => {
    const harness = await new Harness().open();
    const before = harness.text;
    const shown = harness.document;
    await harness.change({ base: { ...shown.base!, seed: 9 } });
    assert.equal(harness.text, before.replace('"seed": 7', '"seed": 9'));
    const [first] = shown.variants;
    await harness.change({
      variants: [{ id: 'v2', recipe: { version: 1, edits: [] } }, { ...first! }],
      axis: { kind: 'seeds', seeds: [1, 2] },
    });
    const read = await experimentFrom(harness.text, 'x');
    assert.deepEqual([read.title, read.variants.map(({ id }) => id)], ['Kept', ['v2', 'v1']]);
    assert.deepEqual(read.variants[1]?.edits, experiment.variants[0]?.edits, 'the PNG stays named');
    assert.deepEqual(read.columns, { kind: 'seeds', seeds: [1, 2] });
    assert.match(harness.text, /^\/\/ A comment\./);
  });

  it('undo waits for what is not in the text yet', async () => {
    const harness = await new Harness().open();
    harness.link.changed({ ...harness.document, axis: { kind: 'seeds', seeds: [3] } }, true);
    harness.link.undo(false);
    await harness.link.settle();
    assert.match(harness.text, /"seeds": \[3\]/);
    assert.deepEqual(harness.undone, [false]);
  });

  it('what is wrong is told until the text is right, the same board or not', async () => {
    const harness = await new Harness().open();
    const { text } = harness;
    harness.text = `${text}]`;
    await harness.link.textChanged();
    assert.match(harness.told, /End of file expected/);
    harness.text = text;
    await harness.link.textChanged();
    assert.equal(harness.told, '');
  });

  it('a text with errors is never written over', async () => {
    const harness = await new Harness().open();
    harness.text = harness.text.replace('"seed": 7', '"seed": ');
    await harness.link.textChanged();
    assert.match(harness.told, /line \d+, column \d+: Value expected/);
    const wrong = harness.text;
    await harness.change({ axis: { kind: 'seeds', seeds: [3] } });
    assert.equal(harness.text, wrong);
    assert.match(harness.told, /has errors/);
    assert.deepEqual(harness.document.axis, { kind: 'one' });
    harness.text = harness.text.replace('"seed": ', '"seed": 5');
    await harness.link.textChanged();
    assert.equal(harness.document.base?.seed, 5);
  });
});
