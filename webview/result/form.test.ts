import assert from 'node:assert/strict';
import type { ResultForm } from '../../src/protocol/resultPanel.ts';
import {
  checkDraft,
  draftOf,
  mergeNews,
  nextSeed,
  readableForm,
  rulesOf,
  stepValue,
  type FormDraft,
} from './form.ts';

const form: ResultForm = {
  prompt: 'a cat',
  negativePrompt: '',
  seed: 7,
  steps: 4,
  guidanceScale: 1.5,
  scheduler: 'DDIMScheduler',
  width: 128,
  height: 64,
};
const limits = {
  stepsMax: 50,
  guidanceScaleMax: 30,
  sizeMultiple: 8,
  sizeMin: 64,
  sizeMax: 512,
  promptLengthMax: 1000,
};
const problemsOf = (change: Partial<FormDraft>) =>
  checkDraft({ ...draftOf(form), ...change }, limits).problems;

describe('checkDraft', () => {
  it('gives back the form that it came from', () => {
    assert.deepEqual(checkDraft(draftOf(form), limits), { form, problems: {} });
  });

  for (const [field, text, problem] of [
    ['steps', '0', 'Steps is 0; allowed are whole numbers from 1 to 50.'],
    ['steps', '10000', 'Steps is 10000; allowed are whole numbers from 1 to 50.'],
    ['steps', '2.5', 'Steps is 2.5; allowed are whole numbers from 1 to 50.'],
    ['steps', ' ', 'Steps is empty; allowed are whole numbers from 1 to 50.'],
    ['steps', 'four', 'Steps is four; allowed are whole numbers from 1 to 50.'],
    ['steps', '0x10', 'Steps is 0x10; allowed are whole numbers from 1 to 50.'],
    ['seed', '-1', 'Seed is -1; allowed are whole numbers from 0 to 4294967295.'],
    ['seed', '4294967296', 'Seed is 4294967296; allowed are whole numbers from 0 to 4294967295.'],
    ['guidanceScale', '31', 'Guidance is 31; allowed are numbers from 0 to 30.'],
    ['width', '100', 'Width is 100; allowed are multiples of 8 from 64 to 512.'],
    ['height', '1024', 'Height is 1024; allowed are multiples of 8 from 64 to 512.'],
  ] as const) {
    it(`refuses "${text}" as ${field} by value and range`, () => {
      assert.deepEqual(problemsOf({ [field]: text }), { [field]: problem });
      assert.equal(checkDraft({ ...draftOf(form), [field]: text }, limits).form, undefined);
    });
  }

  it('refuses prompts that are too long, by their length', () => {
    assert.deepEqual(problemsOf({ prompt: 'x'.repeat(100_000) }), {
      prompt: 'The prompt has 100,000 characters; allowed are up to 1,000.',
    });
  });

  it('takes the ends of every range, and spaces around a number', () => {
    assert.deepEqual(
      problemsOf({
        seed: ' 4294967295 ',
        steps: '50',
        guidanceScale: '0',
        width: '64',
        height: '512',
      }),
      {},
    );
  });
});

describe('stepValue', () => {
  const rules = rulesOf(limits);

  it('goes to the next value that is allowed', () => {
    assert.equal(stepValue(rules.width, '100', 1), '104');
    assert.equal(stepValue(rules.width, '100', -1), '96');
    assert.equal(stepValue(rules.guidanceScale, '1.5', 1), '2');
  });

  it('stops at the ends and begins where nothing can be read', () => {
    assert.equal(stepValue(rules.steps, '50', 1), '50');
    assert.equal(stepValue(rules.seed, '0', -1), '0');
    assert.equal(stepValue(rules.width, 'x', 1), '64');
  });
});

describe('mergeNews', () => {
  it('takes what the host changed and keeps what is being typed', () => {
    const draft = { ...draftOf(form), prompt: 'a cat and a d', steps: 'x' };
    const merged = mergeNews(draft, form, { ...form, seed: 8 });
    assert.deepEqual(merged, { ...draft, seed: '8' });
  });
});

describe('readableForm', () => {
  it('keeps the last good number where one cannot be read', () => {
    const draft = { ...draftOf(form), prompt: 'new', steps: '', width: '96' };
    assert.deepEqual(readableForm(draft, form), { ...form, prompt: 'new', width: 96 });
  });
});

describe('nextSeed', () => {
  it('goes round after the last', () => {
    assert.equal(nextSeed(7), 8);
    assert.equal(nextSeed(2 ** 32 - 1), 0);
  });
});
