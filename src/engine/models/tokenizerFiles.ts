import * as z from 'zod';
import { modelError } from '../../protocol/errors.ts';
import { hasModelFile, parseModelJson, readModelJson, readModelText } from './modelFiles.ts';
import { tokenIdLimit, vocabularySizeBytesMax } from './limits.ts';
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
  /** transformers 4.5x, so Optimum's exports, writes names with their tokens: usually none. */
  extra_special_tokens: z
    .union([
      z.array(tokenSchema),
      z.record(z.string(), tokenSchema).transform((named) => {
        const tokens = Object.values(named);
        return tokens.length > 0 ? tokens : undefined;
      }),
    ])
    .nullish(),
  add_prefix_space: only(false).optional(),
  split_special_tokens: only(false).optional(),
  padding_side: only('right').optional(),
  truncation_side: only('right').optional(),
});
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

const specialTokensSchema = z.object(namedTokens);
type SpecialTokens = z.infer<typeof specialTokensSchema>;

/** What counts of `tokenizer.json`, the one file that newer versions of transformers write. */
const tokenizerJsonSchema = z.object({
  added_tokens: z.array(z.object({ id: z.number().int().min(0) }).and(tokenSchema)),
  model: z.object({
    type: only('BPE'),
    end_of_word_suffix: only('</w>'),
    vocab: z.record(z.string(), z.unknown()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
  }),
});

export interface TokenizerFiles {
  /** Folder inside the model, for messages. */
  readonly name: string;
  /** Files that were read, by name inside the folder. */
  readonly fileNames: readonly string[];
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Lines `left right`, best first. */
  readonly merges: readonly string[];
  readonly config: TokenizerConfig;
  /** Tokens that the files list by id, in that order. */
  readonly listedTokens: readonly TokenSetting[];
  /** What `special_tokens_map.json` says; it outranks the configuration. */
  readonly specialTokens: SpecialTokens;
}

/**
 * Reads `tokenizer_config.json` with `vocab.json` and `merges.txt`, or with `tokenizer.json` where those are absent.
 *
 * @throws `model` for a file that is missing or malformed, and for settings that would change ids in a way that is
 * not implemented, by name
 */
export async function readTokenizerFiles(dir: string, name: string): Promise<TokenizerFiles> {
  const configName = `${name}/tokenizer_config.json`;
  const config = await readModelJson(dir, configName, tokenizerConfigSchema);
  const isNew =
    !(await hasModelFile(dir, `${name}/vocab.json`)) &&
    (await hasModelFile(dir, `${name}/tokenizer.json`));
  const words = isNew ? await readTokenizerJson(dir, name) : await readVocabulary(dir, name);
  const fileNames = [configName, ...words.fileNames];
  const { added_tokens_decoder: decoder } = config;
  // A tokenizer that lists its tokens is newer than special_tokens_map.json, which then does not count.
  if (decoder) return { name, config, ...words, fileNames, ...listed(decoder), specialTokens: {} };
  const mapName = `${name}/special_tokens_map.json`;
  if (!(await hasModelFile(dir, mapName))) {
    return { name, config, ...words, fileNames, specialTokens: {} };
  }
  const specialTokens = await readModelJson(dir, mapName, specialTokensSchema);
  return { name, config, ...words, fileNames: [...fileNames, mapName], specialTokens };
}

type Words = Pick<TokenizerFiles, 'fileNames' | 'vocabulary' | 'merges' | 'listedTokens'>;

async function readVocabulary(dir: string, name: string): Promise<Words> {
  const fileNames = [`${name}/vocab.json`, `${name}/merges.txt`] as const;
  const [vocabularyText, mergesText] = await Promise.all(
    fileNames.map((fileName) => readModelText(dir, fileName, vocabularySizeBytesMax)),
  );
  const ids = parseModelJson(vocabularyText ?? '', fileNames[0], z.record(z.string(), z.unknown()));
  const lines = (mergesText ?? '').split(/\r?\n/);
  const merges = lines.filter((line) => line !== '' && !line.startsWith('#version'));
  return { fileNames, vocabulary: checkIds(ids, fileNames[0]), merges, listedTokens: [] };
}

async function readTokenizerJson(dir: string, name: string): Promise<Words> {
  const fileName = `${name}/tokenizer.json`;
  const text = await readModelText(dir, fileName, vocabularySizeBytesMax);
  const { model, added_tokens: added } = parseModelJson(text, fileName, tokenizerJsonSchema);
  return {
    fileNames: [fileName],
    vocabulary: checkIds(model.vocab, fileName),
    merges: model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' '))),
    listedTokens: added.toSorted((left, right) => left.id - right.id),
  };
}

function listed(decoder: Readonly<Record<string, TokenSetting>>): Pick<Words, 'listedTokens'> {
  const entries = Object.entries(decoder).sort(([left], [right]) => Number(left) - Number(right));
  return { listedTokens: entries.map(([, token]) => token) };
}

function checkIds(ids: Readonly<Record<string, unknown>>, name: string): Words['vocabulary'] {
  const vocabulary = new Map<string, number>();
  for (const [token, id] of Object.entries(ids)) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= tokenIdLimit) {
      throw modelError(`${name}: token "${token}" has the id ${JSON.stringify(id)}.`);
    }
    vocabulary.set(token, id);
  }
  if (vocabulary.size === 0) throw modelError(`${name} holds no tokens.`);
  return vocabulary;
}
