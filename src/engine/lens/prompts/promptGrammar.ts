import * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';
import { promptLengthMax } from '../../models/limits.ts';
import { issuesOf } from '../../models/modelFiles.ts';
import { checkGrammar } from './checkGrammar.ts';

/** What a model folder may hold: `prompts.json`, the prompts that the model was made for. */
export const grammarFileName = 'prompts.json';

/** A piece of an alternative: words as they stand, or another rule, with an article ("a", "an") before it or not. */
export type GrammarPart =
  { readonly words: string } | { readonly rule: string; readonly withArticle: boolean };

export interface GrammarAlternative {
  readonly weight: number;
  readonly parts: readonly GrammarPart[];
}

/**
 * Something that no prompt states and the noise decides: the correlation of a channel with a repeated pattern of signs,
 * a standard normal number. The picture has it above one value of that, and lacks it below another.
 */
export interface UnsaidFactor {
  readonly name: string;
  /** Of the latents. */
  readonly channel: number;
  readonly signs: readonly (readonly number[])[]; // [rows][columns] of 1 and -1
  readonly below: number;
  readonly above: number;
  /** It decides nothing in a prompt in which one of these rules chose words. */
  readonly unless: readonly string[];
  /** Nor in one in which these rules together did not choose exactly once; empty: no matter. */
  readonly one: readonly string[];
}

/**
 * Rules with weighted alternatives; a prompt is what the rule `start` becomes. In each group of `distinct`, rules
 * never choose the same words twice in one prompt.
 */
export interface PromptGrammar {
  readonly title: string;
  readonly start: string;
  readonly distinct: readonly (readonly string[])[];
  readonly rules: ReadonlyMap<string, readonly GrammarAlternative[]>;
  readonly unsaid: readonly UnsaidFactor[];
}

const limits = { rules: 2000, alternatives: 20_000, parts: 40 } as const;
const text = z.string().max(promptLengthMax);
const name = z.string().regex(/^[A-Za-z][\w-]{0,63}$/);
const alternative = z.union([
  text,
  z.strictObject({ text, weight: z.number().positive().max(1e9) }),
]);

const sign = z.literal([1, -1]);
const unsaid = z
  .strictObject({
    name: z.string().regex(/^[^:]{1,64}$/),
    channel: z.int().min(0).max(63),
    signs: z.array(z.array(sign).min(1).max(64)).min(1).max(64),
    ...{ below: z.number(), above: z.number() },
    ...{ unless: z.array(name).max(100).default([]), one: z.array(name).max(100).default([]) },
  })
  .refine(({ signs }) => signs.every(({ length }) => length === signs[0]?.length), {
    error: 'rows of signs have one length',
  })
  .refine(({ below, above }) => below <= above, { error: 'below is not above "above"' });

const schema = z.strictObject({
  format: z.literal('featurescope-prompts'),
  version: z.literal(1),
  title: z.string().min(1).max(200),
  start: name,
  distinct: z.array(z.array(name).min(1).max(100)).max(100).default([]),
  unsaid: z.array(unsaid).max(100).default([]),
  rules: z
    .record(name, z.array(alternative).min(1).max(limits.alternatives))
    .refine((rules) => Object.keys(rules).length <= limits.rules, {
      error: `at most ${String(limits.rules)} rules`,
    }),
});

/**
 * Reads a grammar:
 * ```json
 * { "format": "featurescope-prompts", "version": 1, "title": "Scenes", "start": "scene", "distinct": [["noun"]],
 *   "rules": { "scene": [{ "text": "{a:thing} on grass", "weight": 3 }, "{noun} and {noun}"],
 *              "thing": ["{noun}", "red {noun}"], "noun": ["apple", "dog"] },
 *   "unsaid": [{ "name": "shift x", "channel": 0, "signs": [[1, -1]], "below": -0.4, "above": 0.4, "unless": ["place"] }] }
 * ```
 * `{rule}` stands for one of a rule's alternatives, `{a:rule}` for the same with "a" or "an" before it (none before
 * nothing). Weights count among the alternatives of one rule; without one it is 1. At the end spaces are made single, and none
 * stays before a comma.
 *
 * @throws `model` naming the rule: JSON or keys that do not fit, a rule that is missing, leads back to itself, or could
 *   become longer than a prompt may be
 */
export function parsePromptGrammar(json: string, file = grammarFileName): PromptGrammar {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw modelError(`${file} is not valid JSON.`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw modelError(`${file} does not fit: ${issuesOf(parsed.error)}`);
  const { title, start, distinct, rules, unsaid } = parsed.data;
  const grammar: PromptGrammar = {
    title,
    start,
    distinct,
    unsaid,
    rules: new Map(
      Object.entries(rules).map(([rule, alternatives]) => [
        rule,
        alternatives.map((one) => {
          const { text: template, weight } =
            typeof one === 'string' ? { text: one, weight: 1 } : one;
          return { weight, parts: partsOf(template, rule, file) };
        }),
      ]),
    ),
  };
  checkGrammar(grammar, file);
  return grammar;
}

function partsOf(template: string, rule: string, file: string): readonly GrammarPart[] {
  const parts: GrammarPart[] = [];
  let at = 0;
  for (const match of template.matchAll(/\{(a:)?([\w-]+)\}/g)) {
    if (match.index > at) parts.push({ words: template.slice(at, match.index) });
    parts.push({ rule: match[2]!, withArticle: match[1] !== undefined });
    at = match.index + match[0].length;
  }
  if (at < template.length) parts.push({ words: template.slice(at) });
  const isStray = parts.some((part) => 'words' in part && /[{}]/.test(part.words));
  if (isStray || parts.length > limits.parts) {
    const why = isStray ? 'a brace that names no rule' : `more than ${String(limits.parts)} parts`;
    throw modelError(`${file}: the rule "${rule}" has ${why} in "${template.slice(0, 80)}".`);
  }
  return parts;
}
