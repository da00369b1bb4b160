import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PromptGrammar, parsePromptGrammar } from './promptGrammar.ts';
import { pairKinds, type PromptPair, promptPairs } from './promptPairs.ts';

const folder = join(import.meta.dirname, '..', '..', '..', '..', 'models', 'mini');

describe('pairs of prompts', () => {
  const grammar = parsePromptGrammar(readFileSync(join(folder, 'prompts.json'), 'utf8'));
  const made = promptPairs(grammar, 3, 30) as readonly PromptPair[];

  it('as many of each kind, no pair twice the same prompt, the same at every call', () => {
    assert.equal(made.length, 30 * pairKinds.length);
    for (const kind of pairKinds) assert.equal(made.filter((one) => one.kind === kind).length, 30);
    assert.ok(made.every(({ original, edited }) => original !== edited));
    assert.deepEqual(promptPairs(grammar, 3, 10), made.slice(0, 10 * pairKinds.length));
    assert.notDeepEqual(promptPairs(grammar, 4, 30), made);
  });

  it('every prompt is one that the grammar writes', () => {
    const pattern = patternOf(grammar);
    assert.ok(pattern.test('two cats on grass') && !pattern.test('two cat on grass'));
    for (const prompt of made.flatMap(({ original, edited }) => [original, edited])) {
      assert.match(prompt, pattern);
    }
  });

  it('a kind changes what it names, and nothing else', () => {
    const of = (kind: string) => made.filter((one) => one.kind === kind);
    for (const { original, edited } of of('add')) assert.ok(edited.split(' and ')[0] === original.split(' ').slice(0, 2).join(' ')); // prettier-ignore
    for (const { original, edited } of of('delete')) assert.ok(original.includes(' and ') && !edited.includes(' and ')); // prettier-ignore
    for (const kind of ['change', 'count', 'size', 'tint']) {
      for (const { original, edited } of of(kind)) {
        const [one, other] = [original.split(' '), edited.split(' ')];
        const first = kind === 'count' ? 0 : 1;
        const same = (word: string, i: number) => i === first || (i === 0 && first === 1) || word === other[i]; // prettier-ignore
        assert.ok(one.every(same) || kind === 'change', `${original} | ${edited}`);
      }
    }
    for (const { original, edited } of of('style')) assert.ok(edited.includes(',') && edited.startsWith(original.split(',')[0] ?? '')); // prettier-ignore
  });

  it('says which rule is missing', () => {
    const small: PromptGrammar = { ...grammar, title: 'Small', rules: new Map() };
    assert.equal(promptPairs(small, 0, 1), 'Small has no two words of a rule "counted"');
  });
});

/** What a grammar can write, distinct words aside. */
function patternOf({ rules, start }: PromptGrammar): RegExp {
  const known = new Map<string, string>();
  const of = (rule: string): string => {
    const found = known.get(rule);
    if (found !== undefined) return found;
    const alternatives = (rules.get(rule) ?? []).map(({ parts }) =>
      parts
        .map((part) =>
          'words' in part
            ? part.words.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
            : `${part.withArticle ? 'an? ' : ''}${of(part.rule)}`,
        )
        .join(''),
    );
    const text = `(?:${alternatives.join('|')})`;
    known.set(rule, text);
    return text;
  };
  return new RegExp(`^${of(start)}$`);
}
