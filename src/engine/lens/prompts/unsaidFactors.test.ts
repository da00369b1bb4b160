import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGoldenJson } from '../../../../test/support/golden.ts';
import { parsePromptGrammar } from './promptGrammar.ts';
import { sampleSaid } from './samplePrompt.ts';
import { unsaidIn } from './unsaidFactors.ts';

const { signs, seeds } = readGoldenJson('unsaid.json') as {
  readonly signs: readonly (readonly (readonly number[])[])[];
  readonly seeds: readonly { readonly seed: number; readonly numbers: readonly number[] }[];
};
const latents = { channels: 4, high: 32, wide: 32 };
const open = { said: {} };

describe('what the noise decides and no prompt states', () => {
  it('is the number that training tied the scene to', () => {
    for (const { seed, numbers } of seeds) {
      for (const [k, number] of numbers.entries()) {
        const own = { channel: k % 4, signs: signs[Math.floor(k / 4)]!, unless: [], one: [] };
        // f32 sums over 1,024 values in another order; five digits in the file.
        const factors = [-1e-4, 1e-4].map((by) => ({
          ...{ ...own, name: `${by}`, below: number + by, above: number + by },
        }));
        const found = unsaidIn(factors, open, seed, latents);
        assert.deepEqual(found, { '-0.0001': true, '0.0001': false }, `${seed} ${k}`);
      }
    }
  });

  it('is left out between its two sides, where a rule has spoken, and where several things are', () => {
    const factor = {
      name: 'x',
      channel: 0,
      signs: [[1]],
      below: -9,
      above: 9,
      unless: [],
      one: [],
    };
    assert.deepEqual(unsaidIn([factor], open, 0, latents), {});
    const high = { ...factor, below: -9, above: -9, unless: ['place'], one: ['noun', 'name'] };
    const of = (said: Record<string, readonly string[]>) => unsaidIn([high], { said }, 0, latents);
    assert.deepEqual(of({ noun: ['cat'] }), { x: true });
    assert.deepEqual(of({ noun: ['cat'], name: ['Tom'] }), {});
    assert.deepEqual(of({ noun: ['cat', 'dog'] }), {});
    assert.deepEqual(of({ noun: ['cat'], place: ['left'] }), {});
    assert.deepEqual(
      unsaidIn([{ ...high, channel: 4 }], { said: { noun: ['a'] } }, 0, latents),
      {},
    );
  });

  it('the embedded model’s grammar says what its noise decides; about half of the pictures have it', () => {
    const path = join(import.meta.dirname, '../../../../models/mini/prompts.json');
    const grammar = parsePromptGrammar(readFileSync(path, 'utf8'));
    const found = Array.from({ length: 400 }, (_, i) =>
      unsaidIn(grammar.unsaid, sampleSaid(grammar, 0, i), i, latents),
    );
    for (const { name } of grammar.unsaid) {
      const own = found.flatMap((one) => one[name] ?? []);
      const share = own.filter(Boolean).length / own.length;
      // Four standard errors of a share of a half.
      assert.ok(own.length > 80 && Math.abs(share - 0.5) < 2 / Math.sqrt(own.length), name);
    }
  });

  it('refuses signs of unequal rows, and a side that is below the other', () => {
    const grammar = (unsaid: object) =>
      JSON.stringify({
        ...{ format: 'featurescope-prompts', version: 1, title: 'T', start: 'a' },
        ...{ rules: { a: ['x'] }, unsaid: [unsaid] },
      });
    const good = { name: 'x', channel: 0, signs: [[1, -1]], below: 0, above: 0 };
    assert.equal(parsePromptGrammar(grammar(good)).unsaid.length, 1);
    assert.throws(
      () => parsePromptGrammar(grammar({ ...good, signs: [[1], [1, 1]] })),
      /one length/,
    );
    assert.throws(() => parsePromptGrammar(grammar({ ...good, signs: [[2]] })), /unsaid/);
    assert.throws(() => parsePromptGrammar(grammar({ ...good, below: 1 })), /below/);
  });
});
