import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BoardCommand } from '../../protocol/boardPanel.ts';
import { type EditRecipe, recipeVersion } from '../../protocol/recipe.ts';
import { applyCommand, basesOf, emptyDocument } from './boardDocument.ts';
import { type BoardHistory, perform, redo, startHistory, undo } from './boardHistory.ts';

const scaled = (factor: number): EditRecipe => ({
  version: recipeVersion,
  edits: [{ kind: 'scale', block: 'mid.0', sources: [{ feature: 4 }], factor, maps: 'static' }],
});
const added = { kind: 'addVariant', recipe: scaled(0) } as const;
const run = (...commands: readonly BoardCommand[]): BoardHistory =>
  commands.reduce(perform, startHistory(emptyDocument));
const ids = ({ document }: BoardHistory): string[] => document.variants.map(({ id }) => id);
const factors = ({ document }: BoardHistory): unknown[] =>
  document.variants.map(({ recipe: { edits } }) => (edits[0] as { factor: number }).factor);

describe('board document', () => {
  it('names variants so that ids are never shared', () => {
    const history = run(added, added, { kind: 'removeVariant', id: 'v1' }, added);
    assert.deepEqual(ids(history), ['v2', 'v3']);
  });

  it('adds after a variant, moves, and stays within its ends', () => {
    const history = run(added, added, { ...added, afterId: 'v1' });
    assert.deepEqual(ids(history), ['v1', 'v3', 'v2']);
    const up = perform(history, { kind: 'moveVariant', id: 'v2', by: -1 });
    assert.deepEqual(ids(up), ['v1', 'v2', 'v3']);
    assert.deepEqual(ids(perform(up, { kind: 'moveVariant', id: 'v1', by: -1 })), ids(up));
  });

  it('refuses what is not there and what is too much, by name and number', () => {
    assert.throws(() => run({ kind: 'removeVariant', id: 'v9' }), /no variant "v9"/);
    const axis = { kind: 'seeds', seeds: Array.from({ length: 17 }, (_, seed) => seed) } as const;
    assert.throws(() => run({ kind: 'setAxis', axis }), /1 to 16 seeds, not 17/);
    const empty: BoardCommand = { kind: 'setAxis', axis: { kind: 'prompts', prompts: [] } };
    assert.throws(() => run(empty), /1 to 16 prompts, not 0/);
    assert.throws(() => run(...Array<BoardCommand>(65).fill(added)), /0 to 64 variants, not 65/);
  });

  it('has a column for each seed or prompt', () => {
    const base = {
      prompt: 'a cat',
      negativePrompt: '',
      seed: 5,
      steps: 1,
      guidanceScale: 0,
      scheduler: 'EulerDiscreteScheduler',
      width: 128,
      height: 128,
    } as const;
    const { document } = run({ kind: 'setBase', base, runId: null });
    assert.deepEqual(basesOf(document), [base]);
    const seeds = applyCommand(document, {
      kind: 'setAxis',
      axis: { kind: 'seeds', seeds: [1, 2] },
    }).document;
    assert.deepEqual(
      basesOf(seeds).map(({ seed, prompt }) => [seed, prompt]),
      [
        [1, 'a cat'],
        [2, 'a cat'],
      ],
    );
    assert.deepEqual(basesOf(emptyDocument), []);
  });
});

describe('board history', () => {
  it('takes a whole slider movement back in one step', () => {
    const moves = [1, 2, 3].map((factor, index): BoardCommand => ({
      kind: 'setRecipe',
      id: 'v1',
      recipe: scaled(factor),
      isContinued: index > 0,
    }));
    const moved = run(added, ...moves);
    assert.deepEqual(factors(moved), [3]);
    assert.deepEqual(factors(undo(moved)), [0]);
    assert.deepEqual(factors(redo(undo(moved))), [3]);
  });

  it('says what it would take back', () => {
    const history = run(added, { kind: 'removeVariant', id: 'v1' });
    assert.equal(history.past.at(-1)?.label, 'remove variant');
    assert.equal(undo(history).future.at(-1)?.label, 'remove variant');
    assert.equal(undo(undo(undo(history))).past.length, 0);
  });

  it('a new step ends what could be redone', () => {
    const history = perform(undo(run(added, added)), { kind: 'removeVariant', id: 'v1' });
    assert.deepEqual(history.future, []);
    assert.deepEqual(ids(redo(history)), []);
  });

  it('any number of undos and as many redos come back to the same document', () => {
    const command = fc.oneof(
      fc.constant(added),
      fc.record({ factor: fc.integer({ min: -4, max: 4 }), isContinued: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), fc.nat(40), (commands, count) => {
        let history = run(added);
        for (const one of commands) {
          history = perform(
            history,
            'factor' in one
              ? {
                  kind: 'setRecipe',
                  id: 'v1',
                  recipe: scaled(one.factor),
                  isContinued: one.isContinued,
                }
              : one,
          );
        }
        const steps = Math.min(count, history.past.length);
        let changed = history;
        for (let step = 0; step < steps; step++) changed = undo(changed);
        for (let step = 0; step < steps; step++) changed = redo(changed);
        assert.deepEqual(changed, history);
      }),
    );
  });
});
