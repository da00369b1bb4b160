import { modelError } from '../../protocol/errors.ts';
import type { TokenizerFiles, TokenSetting } from '../models/tokenizerFiles.ts';

/** A token that is taken out of the text as a whole, before words are cut into byte pairs. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Looked for in the normalised (lower-cased) text, not in the text as typed. */
  readonly isNormalized: boolean;
}

export interface SpecialIds {
  readonly start: number;
  readonly end: number;
  readonly unknown: number;
  readonly padding: number;
}

const defaults = {
  bos_token: '<|startoftext|>',
  eos_token: '<|endoftext|>',
  unk_token: '<|endoftext|>',
  pad_token: '<|endoftext|>',
} as const;
const names = Object.keys(defaults) as (keyof typeof defaults)[];

const contentOf = (token: TokenSetting): string =>
  typeof token === 'string' ? token : token.content;

/**
 * Which strings are whole tokens: those that the files list, then the named ones, the later definition of a
 * string outranking the earlier. So SDXL's second tokenizer, which pads with "!", reads every "!" as its padding id.
 *
 * @throws `model` for a token that the vocabulary lacks, or that holds white space
 * @source transformers 5.23 tokenization_utils_base.py and tokenization_utils_tokenizers.py; checked against it
 */
export function readAddedTokens(files: TokenizerFiles): {
  tokens: readonly AddedToken[];
  special: SpecialIds;
} {
  const { config, specialTokens, vocabulary } = files;
  const idOf = (content: string): number => {
    const id = vocabulary.get(content);
    if (id !== undefined) return id;
    throw modelError(`${files.name}: the token "${content}" is not in vocab.json.`);
  };
  const tokens = new Map<string, AddedToken>();
  const add = (token: TokenSetting): void => {
    const content = contentOf(token);
    if (/\s/u.test(content)) {
      throw modelError(`${files.name}: the token "${content}" holds white space: not supported.`);
    }
    tokens.set(content, { content, id: idOf(content), isNormalized: isNormalized(token) });
  };
  for (const token of files.listedTokens) add(token);
  const isListed = new Set(tokens.keys());
  const named = { ...config, ...withoutGaps(specialTokens) };
  for (const name of names) {
    const token = named[name] ?? defaults[name];
    if (!isListed.has(contentOf(token))) add(token);
  }
  for (const token of config.extra_special_tokens ?? config.additional_special_tokens ?? []) {
    if (!tokens.has(contentOf(token))) add(token);
  }
  const [start = 0, end = 0, unknown = 0, padding = 0] = names.map((name) =>
    idOf(contentOf(named[name] ?? defaults[name])),
  );
  return { tokens: [...tokens.values()], special: { start, end, unknown, padding } };
}

const isNormalized = (token: TokenSetting): boolean =>
  typeof token !== 'string' && (token.normalized ?? token.special !== true);

function withoutGaps<T extends object>(record: T): Partial<T> {
  const entries = Object.entries(record).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(entries) as Partial<T>;
}
