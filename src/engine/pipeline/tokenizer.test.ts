import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readTokenizerFiles, type TokenizerFiles } from '../models/tokenizerFiles.ts';
import { ClipTokenizer } from './tokenizer.ts';

const embedded = join(import.meta.dirname, '..', '..', '..', 'models', 'mini');

/** Against transformers, on 1,000 prompts and with CLIP's vocabulary: test/engine/pipelineTokenizer.test.ts. */
describe('ClipTokenizer', () => {
  let files: TokenizerFiles;
  let startId: number;
  let endId: number;
  const withConfig = (config: Partial<TokenizerFiles['config']>): TokenizerFiles => ({
    ...files,
    config: { ...files.config, ...config },
    specialTokens: {},
  });
  const textIds = (tokenizer: ClipTokenizer, text: string): readonly number[] => {
    const { ids, tokenCount } = tokenizer.encode(text);
    return ids.slice(1, tokenCount - 1);
  };

  before(async () => {
    files = await readTokenizerFiles(embedded, 'tokenizer');
    startId = files.vocabulary.get('<|startoftext|>')!;
    endId = files.vocabulary.get('<|endoftext|>')!;
  });

  it('puts start, end and padding around the text', () => {
    const { ids, tokenCount } = new ClipTokenizer(files, 8).encode('a cat');
    assert.deepEqual([ids.length, ids[0], tokenCount], [8, startId, ids.indexOf(endId) + 1]);
    assert.ok(ids.slice(tokenCount).every((id) => id === endId));
  });

  it('is as long as the shorter of its own limit and the encoder', () => {
    assert.equal(new ClipTokenizer(files, 8).tokenLimit, 8);
    assert.equal(new ClipTokenizer(files, 100).tokenLimit, 32);
  });

  it('says which words were cut, as they were typed', () => {
    const six = new ClipTokenizer(files, 6);
    assert.equal(six.encode('A cat on grass').cutText, '');
    assert.equal(six.encode('A Cat on Grass,  with  Snow!').cutText, 'Grass,  with  Snow!');
    assert.equal(six.encode('a <|endoftext|> b c d e').cutText, 'd e');
    const { ids, tokenCount } = six.encode('a a a a a');
    assert.deepEqual([ids.length, tokenCount], [6, 7]);
  });

  it('ignores case, composition and how wide a space is', () => {
    const tokenizer = new ClipTokenizer(files, 32);
    const expected = textIds(tokenizer, 'caf\u00e9 \u03c3');
    assert.deepEqual(textIds(tokenizer, '\u3000CAFE\u0301\u0085\n\u03a3 '), expected);
    assert.notDeepEqual(textIds(tokenizer, 'caf\u00e9\ufeff\u03c3'), expected);
  });

  it('takes special tokens out of the text as typed, or lower-cased where they say so', () => {
    const typed = new ClipTokenizer(files, 32);
    assert.deepEqual(textIds(typed, 'x<|endoftext|>').slice(-1), [endId]);
    assert.notDeepEqual(textIds(typed, '<|EndOfText|>'), [endId]);
    const token = { content: '<|endoftext|>', normalized: true };
    const own = withConfig({ eos_token: token, unk_token: token, pad_token: '!' });
    const lowered = new ClipTokenizer(own, 32);
    assert.deepEqual(textIds(lowered, '<|EndOfText|>'), [endId]);
    assert.deepEqual(textIds(lowered, '!!'), [0, 0]);
    assert.deepEqual(lowered.encode('').ids.slice(2, 4), [0, 0]);
  });

  it('counts half a surrogate pair as the replacement character', () => {
    const clip = new ClipTokenizer(files, 32);
    assert.deepEqual(clip.encode('a \ud83c b').ids, clip.encode('a \ufffd b').ids);
  });

  it('names a token or a merge that the vocabulary lacks', () => {
    const config = withConfig({ additional_special_tokens: ['<new>'] });
    assert.throws(() => new ClipTokenizer(config, 32), {
      code: 'model',
      message: /^tokenizer: the token "<new>" is not in vocab\.json/,
    });
    assert.throws(() => new ClipTokenizer({ ...files, merges: ['zz qq'] }, 32), {
      code: 'model',
      message: /^merges\.txt: merge 1 "zz qq" is not in vocab\.json/,
    });
  });
});
