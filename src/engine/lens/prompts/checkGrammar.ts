import { modelError } from '../../../protocol/errors.ts';
import { promptLengthMax } from '../../models/limits.ts';
import type { GrammarAlternative, PromptGrammar } from './promptGrammar.ts';

/** Choices that one prompt may take; a person's grammar needs a few dozen. */
const choicesMax = 10_000;

interface RuleSize {
  /** Characters at most. */
  readonly length: number;
  /** Choices made at most. */
  readonly choices: number;
  /** How often a group's rules are chosen from at most, by group. */
  readonly uses: readonly number[];
}

/**
 * Proves before anything is drawn that every prompt ends and is short enough, and that there are enough words for all
 * that must be distinct.
 *
 * @throws `model` naming the rule
 */
export function checkGrammar(grammar: PromptGrammar, file: string): void {
  const { rules, start, distinct } = grammar;
  const refuse = (why: string) => modelError(`${file}: ${why}.`);
  const sizes = new Map<string, RuleSize>();
  const open = new Set<string>();

  function sizeOf(rule: string): RuleSize {
    const known = sizes.get(rule);
    if (known) return known;
    const alternatives = rules.get(rule);
    if (!alternatives) throw refuse(`there is no rule "${rule}"`);
    if (open.has(rule)) throw refuse(`the rule "${rule}" leads back to itself`);
    // Deep nesting is bounded here, before the stack is.
    if (open.size > 200) throw refuse(`the rule "${rule}" is nested more than 200 deep`);
    open.add(rule);
    const all = alternatives.map(sizeOfAlternative);
    open.delete(rule);
    const size = {
      length: Math.max(...all.map(({ length }) => length)),
      choices: 1 + Math.max(...all.map(({ choices }) => choices)),
      uses: distinct.map(
        (group, g) =>
          Math.max(...all.map(({ uses }) => uses[g] ?? 0)) + (group.includes(rule) ? 1 : 0),
      ),
    };
    if (size.length > promptLengthMax) {
      throw refuse(
        `the rule "${rule}" can become ${String(size.length)} characters long; a prompt has at most ${String(promptLengthMax)}`,
      );
    }
    if (size.choices > choicesMax) {
      throw refuse(`the rule "${rule}" can take more than ${String(choicesMax)} choices`);
    }
    sizes.set(rule, size);
    return size;
  }

  function sizeOfAlternative({ parts }: GrammarAlternative): RuleSize {
    let [length, choices] = [0, 0];
    const uses = distinct.map(() => 0);
    for (const part of parts) {
      if ('words' in part) {
        length += part.words.length;
        continue;
      }
      const inner = sizeOf(part.rule);
      length += inner.length + (part.withArticle ? 'an '.length : 0);
      choices += inner.choices;
      inner.uses.forEach((count, g) => (uses[g] = (uses[g] ?? 0) + count));
    }
    return { length, choices, uses };
  }

  const whole = sizeOf(start);
  for (const rule of rules.keys()) sizeOf(rule);
  distinct.forEach((group, g) => {
    const needed = whole.uses[g] ?? 0;
    const words = new Set<string>();
    for (const rule of group) {
      const alternatives = rules.get(rule);
      if (!alternatives) throw refuse(`"distinct" names "${rule}", which is no rule`);
      if (alternatives.some(({ parts }) => parts.some((part) => 'rule' in part))) {
        throw refuse(`the rule "${rule}" must be distinct, so its alternatives may not use rules`);
      }
      for (const one of alternatives) words.add(wordsOf(one));
    }
    if (words.size >= needed) return;
    throw refuse(
      `"${group.join('", "')}" have ${words.size} different words, but a prompt may need ${needed}`,
    );
  });
}

/** The words of an alternative without rules. */
export const wordsOf = ({ parts }: GrammarAlternative): string =>
  parts.map((part) => ('words' in part ? part.words : '')).join('');
