import { z } from 'zod';
import { modelError } from '../../protocol/errors.ts';
import { hasModelFile, parseModelJson, readModelJson, readModelText } from './modelFiles.ts';
import { vocabularySizeBytesMax } from './limits.ts';
import { only } from './only.ts';

/** A token that is found in the text as a whole. As a bare string it is special and meets the text as it was typed. */
const tokenSchema = z.union([
  z.string().min(1),
  z.object({
    content: z.string().min(1),
    normalized: z.boolean().optional(),
    special: z.boolean().optional(),
    lstrip: only(false).optional(),
    rstrip: only(false).optional(),
    single_word: only(false).optional(),
  }),
]);
export type TokenSetting = z.infer<typeof tokenSchema>;

const namedTokens = {
  bos_token: tokenSchema.nullish(),
  eos_token: tokenSchema.nullish(),
  unk_token: tokenSchema.nullish(),
  pad_token: tokenSchema.nullish(),
};

/** The keys that decide ids; others (clean-up on decoding, names of classes for other tools) do not. */
const tokenizerConfigSchema = z.object({
  ...namedTokens,
  tokenizer_class: only('CLIPTokenizer', 'CLIPTokenizerFast').optional(),
  model_max_length: z.number().min(3).optional(),
  added_tokens_decoder: z.record(z.string().regex(/^\d+$/), tokenSchema).optional(),
  additional_special_tokens: z.array(tokenSchema).nullish(),
  extra_special_tokens: z.array(tokenSchema).nullish(),
  add_prefix_space: only(false).optional(),
  split_special_tokens: only(false).optional(),
  padding_side: only('right').optional(),
  truncation_side: only('right').optional(),
});
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

const specialTokensSchema = z.object(namedTokens);

export interface TokenizerFiles {
  /** Folder inside the model, for messages. */
  readonly name: string;
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: readonly string[];
  readonly config: TokenizerConfig;
  /** What `special_tokens_map.json` says; it outranks the configuration. */
  readonly specialTokens: z.infer<typeof specialTokensSchema>;
}

/**
 * Reads `vocab.json`, `merges.txt`, `tokenizer_config.json` and, where it exists, `special_tokens_map.json`.
 *
 * @throws `model` for a file that is missing or malformed, and for settings that would change ids in a way that is
 * not implemented, by name
 */
export async function readTokenizerFiles(dir: string, name: string): Promise<TokenizerFiles> {
  const vocabularyName = `${name}/vocab.json`;
  if (!(await hasModelFile(dir, vocabularyName)) && (await hasModelFile(dir, `${name}/tokenizer.json`))) {
    throw modelError(
      `${name} has only tokenizer.json; vocab.json and merges.txt are needed (save the tokenizer with legacy_format).`,
    );
  }
  const [vocabularyText, mergesText, config] = await Promise.all([
    readModelText(dir, vocabularyName, vocabularySizeBytesMax),
    readModelText(dir, `${name}/merges.txt`, vocabularySizeBytesMax),
    readModelJson(dir, `${name}/tokenizer_config.json`, tokenizerConfigSchema),
  ]);
  const mapName = `${name}/special_tokens_map.json`;
  const specialTokens = (await hasModelFile(dir, mapName))
    ? await readModelJson(dir, mapName, specialTokensSchema)
    : {};
  return {
    name,
    vocabulary: parseVocabulary(vocabularyText, vocabularyName),
    merges: mergesText.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version')),
    config,
    specialTokens,
  };
}

function parseVocabulary(text: string, name: string): ReadonlyMap<string, number> {
  const ids = parseModelJson(text, name, z.record(z.string(), z.unknown()));
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(ids)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= 2 ** 24) {
      throw modelError(`${name}: token "${token}" has the id ${JSON.stringify(id)}.`);
    }
    vocabulary.set(token, id);
  }
  if (vocabulary.size === 0) throw modelError(`${name} holds no tokens.`);
  return vocabulary;
}
