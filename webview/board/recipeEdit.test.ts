import assert from 'node:assert/strict';
import { type Edit, recipeVersion } from '../../src/protocol/recipe.ts';
import { checkRecipe, recipeLimits } from '../../src/protocol/recipeSchema.ts';
import { axisText, parsePrompts, parseSeeds } from './axisText.ts';
import {
  convertStrength,
  operationOf,
  operations,
  withAnotherEdit,
  withMaps,
  withMask,
  withOperation,
  withSteps,
} from './recipeEdit.ts';
import { recipeLimitsOf } from './recipeRanges.ts';
import { editWords, variantName } from './recipeWords.ts';
import { parseSource } from './sourceText.ts';
import { parseSteps, stepText } from './stepText.ts';

const removal: Edit = {
  kind: 'scale',
  block: 'mid.0',
  sources: [{ feature: 4 }],
  factor: 0,
  maps: 'adaptive',
  steps: [1],
  mask: { kind: 'cells', cellsHigh: 1, cellsWide: 1, weights: [1] },
};

/** What a parser says is wrong. */
const problemOf = (parsed: unknown): string => (typeof parsed === 'string' ? parsed : 'nothing');

describe('recipe editor', () => {
  it('every operation makes a valid edit of every other, and keeps place and steps', () => {
    for (const [from] of operations) {
      for (const [to] of operations) {
        const edit = withOperation(withOperation(removal, from), to);
        assert.equal(operationOf(edit), to);
        checkRecipe({ version: recipeVersion, edits: [edit] }, `${from} to ${to}`);
        assert.deepEqual([edit.block, edit.steps, edit.mask], ['mid.0', [1], removal.mask]);
      }
    }
  });

  it('keeps features and static or adaptive maps where the next operation has them', () => {
    const added = withOperation(removal, 'addActive');
    assert.ok(added.kind === 'add');
    assert.deepEqual([added.sources, added.onlyActive], [[{ feature: 4 }], 'adaptive']);
    const maps = withMaps(added, 'static');
    assert.equal(maps.kind === 'add' && maps.onlyActive, 'static');
    assert.deepEqual(withMaps(withOperation(removal, 'ablate'), 'static').kind, 'ablate');
  });

  it('a mask or steps that are taken off leave no empty key behind', () => {
    const edit = withSteps(withMask(removal, undefined), undefined);
    assert.deepEqual(Object.keys(edit).sort(), ['block', 'factor', 'kind', 'maps', 'sources']);
  });

  it('adds an edit of the same block, by features where it has any', () => {
    const block = { block: 'down.1.0', width: 8, nFeatures: null, hasMeans: false };
    const recipe = withAnotherEdit({ version: recipeVersion, edits: [] }, [block]);
    assert.deepEqual(recipe.edits, [{ kind: 'ablate', block: 'down.1.0' }]);
  });

  it('converts strengths where mean and maximum are known, and else says so', () => {
    const known = { mean: 3, max: 12 };
    assert.deepEqual(convertStrength({ value: 8, unit: 'mean' }, 'max', known), {
      value: 2,
      unit: 'max',
    });
    assert.deepEqual(convertStrength({ value: -1, unit: 'max' }, 'raw', known), {
      value: -12,
      unit: 'raw',
    });
    for (const mean of [null, 0]) {
      const none = convertStrength({ value: 1, unit: 'mean' }, 'raw', { mean, max: 12 });
      assert.equal(none, undefined);
    }
    assert.equal(convertStrength({ value: 1, unit: 'max' }, 'raw', undefined), undefined);
  });

  it('offers the range that recipes allow', () => {
    assert.equal(recipeLimitsOf('factor'), recipeLimits.factor);
    assert.equal(recipeLimitsOf('mean'), recipeLimits.strength);
  });

  it('says what an edit does', () => {
    assert.equal(editWords(removal), 'remove #4 in the mask at step 2');
    const swap: Edit = { kind: 'swap', block: 'mid.0', from: { seed: 9 } };
    assert.equal(editWords(swap), 'swap with seed 9');
    const add = withOperation({ ...removal, factor: 2 }, 'add');
    assert.match(editWords(add), /^add 1 × max of #4/);
    assert.equal(variantName({ version: 1, edits: [] }), 'no edit');
    assert.equal(variantName({ version: 1, name: 'no dog', edits: [swap] }), 'no dog');
    assert.equal(variantName({ version: 1, edits: [swap] }), 'mid.0: swap with seed 9');
  });

  it('reads features and channels, and refuses those that are not there', () => {
    const block = { block: 'mid.0', width: 8, nFeatures: 12, hasMeans: true };
    assert.deepEqual(parseSource('#11', block), { feature: 11 });
    assert.deepEqual(parseSource('Channel 7', block), { channel: 7 });
    assert.match(problemOf(parseSource('12', block)), /features 0 to 11, not 12/);
    assert.match(problemOf(parseSource('channel 8', block)), /channels 0 to 7, not 8/);
    assert.match(problemOf(parseSource('3', { ...block, nFeatures: null })), /no SAE/);
    assert.match(problemOf(parseSource('sky', block)), /"sky" names nothing/);
  });

  it('reads steps as people count them', () => {
    assert.deepEqual(parseSteps('1, 3-4', 4), [0, 2, 3]);
    assert.equal(stepText([0, 2, 3]), '1, 3-4');
    assert.match(problemOf(parseSteps('5', 4)), /"5" is no step: 1 to 4/);
    assert.deepEqual(parseSteps('', 4), []);
  });

  it('reads seeds and prompts of columns', () => {
    assert.deepEqual(parseSeeds('7, 9 20-22'), { kind: 'seeds', seeds: [7, 9, 20, 21, 22] });
    for (const [text, words] of [
      ['', 'at least one'],
      ['1-99', '99 columns are too many'],
      ['5000000000', 'no seed'],
      ['-3', 'no seed'],
    ] as const) {
      assert.match(problemOf(parseSeeds(text)), new RegExp(words), text);
    }
    assert.deepEqual(parsePrompts(' a cat \n\na dog'), {
      kind: 'prompts',
      prompts: ['a cat', 'a dog'],
    });
    assert.equal(axisText({ kind: 'seeds', seeds: [1, 2] }), '1, 2');
  });
});
