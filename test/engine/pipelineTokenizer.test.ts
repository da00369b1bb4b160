import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readGoldenJson } from '../support/golden.ts';
import { readTokenizerFiles, type TokenizerFiles } from '../../src/engine/models/tokenizerFiles.ts';
import { ClipTokenizer } from '../../src/engine/pipeline/tokenizer.ts';

const root = join(import.meta.dirname, '..', '..');

interface Golden {
  readonly prompts: readonly string[];
  readonly judged: Readonly<
    Record<
      string,
      { readonly maxLength: number; readonly ids: number[][]; readonly padded: number[][] }
    >
  >;
}

/** CLIP's vocabulary follows from its merges: bytes, bytes that end a word, one token a merge, start, end. */
function clipVocabulary(merges: readonly string[]): Record<string, number> {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const symbols = [
    ...bytes.filter(isPrintable).map((byte) => String.fromCharCode(byte)),
    ...bytes.filter((byte) => !isPrintable(byte)).map((_, i) => String.fromCharCode(256 + i)),
  ];
  const ends = symbols.map((symbol) => `${symbol}</w>`);
  const joined = merges.map((merge) => merge.replace(' ', ''));
  const tokens = [...symbols, ...ends, ...joined, '<|startoftext|>', '<|endoftext|>'];
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

describe('tokenizer against transformers', () => {
  const golden = readGoldenJson('tokenizer.json.gz') as Golden;
  const files = new Map<string, TokenizerFiles>();
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tokenizer-'));
    const merges = gunzipSync(
      await readFile(join(root, 'test/golden/clip/merges.txt.gz')),
    ).toString();
    const vocabulary = clipVocabulary(merges.trimEnd().split('\n').slice(1));
    for (const [key, name] of [
      ['clip', 'tokenizer'],
      ['clip_2', 'tokenizer_2'],
    ] as const) {
      await cp(join(root, 'test/golden/clip', name), join(dir, name), { recursive: true });
      await writeFile(join(dir, name, 'merges.txt'), merges);
      await writeFile(join(dir, name, 'vocab.json'), JSON.stringify(vocabulary));
      files.set(key, await readTokenizerFiles(dir, name));
    }
    files.set('model', await readTokenizerFiles(join(root, 'models/mini'), 'tokenizer'));
    files.set('model_2', await readTokenizerFiles(join(root, 'models/mini'), 'tokenizer_2'));
  });
  after(() => rm(dir, { recursive: true }));

  const tokenizer = (key: string, tokenLimit?: number): ClipTokenizer => {
    const known = files.get(key) ?? assert.fail(key);
    if (tokenLimit === undefined) return new ClipTokenizer(known, 10_000);
    const config = { ...known.config, model_max_length: tokenLimit };
    return new ClipTokenizer({ ...known, config }, tokenLimit);
  };

  for (const key of ['clip', 'clip_2', 'model', 'model_2']) {
    it(`makes transformers' ids of 1,000 prompts: ${key}`, () => {
      const judged = golden.judged[key] ?? assert.fail(key);
      const padding = tokenizer(key);
      const [short, long] = [tokenizer(key, 500), tokenizer(key, 40_000)];
      assert.equal(padding.tokenLimit, judged.maxLength);
      assert.equal(golden.prompts.length, 1000);
      for (const [i, prompt] of golden.prompts.entries()) {
        const ids = judged.ids[i] ?? [];
        const whole = (ids.length <= 500 ? short : long).encode(prompt);
        assert.deepEqual(whole.ids.slice(0, whole.tokenCount), ids, JSON.stringify(prompt));
        assert.deepEqual(padding.encode(prompt).ids, judged.padded[i], JSON.stringify(prompt));
      }
    });
  }

  it('reads tokenizer.json where it stands alone', async () => {
    const { vocabulary, merges } = files.get('clip_2') ?? assert.fail();
    const name = 'tokenizer_new';
    await cp(join(dir, 'tokenizer_2'), join(dir, name), { recursive: true });
    for (const file of ['vocab.json', 'merges.txt', 'special_tokens_map.json']) {
      await rm(join(dir, name, file));
    }
    const added = [
      { id: 0, content: '!', normalized: false, special: true },
      { id: 49406, content: '<|startoftext|>', normalized: true, special: true },
      { id: 49407, content: '<|endoftext|>', normalized: true, special: true },
    ];
    const model = {
      type: 'BPE',
      end_of_word_suffix: '</w>',
      vocab: Object.fromEntries(vocabulary),
      merges: merges.map((merge) => merge.split(' ')),
    };
    const content = JSON.stringify({ added_tokens: added, model });
    await writeFile(join(dir, name, 'tokenizer.json'), content);
    const read = new ClipTokenizer(await readTokenizerFiles(dir, name), 77);
    const judged = golden.judged['clip_2'] ?? assert.fail();
    for (const [i, prompt] of golden.prompts.entries()) {
      if (i % 10 === 0) assert.deepEqual(read.encode(prompt).ids, judged.padded[i], prompt);
    }
  });

  it('takes 100,000 characters in less than 200 ms', () => {
    const clip = tokenizer('clip');
    const texts = ['a', 'ab', '!', 'a cat ', '🍎', 'e\u0301', '<|endoftext|>', ' '].map((part) =>
      part.repeat(100_000 / part.length),
    );
    for (const text of texts) {
      const { user, system } = process.cpuUsage();
      clip.encode(text);
      const { user: userAfter, system: systemAfter } = process.cpuUsage();
      // Processor time: the machine may be busy with something else.
      const tookMs = (userAfter + systemAfter - user - system) / 1000;
      assert.ok(tookMs < 200, `${JSON.stringify(text.slice(0, 10))}: ${String(tookMs)} ms`);
    }
  });
});
