import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePromptGrammar } from './promptGrammar.ts';
import { describePromptFile, openPromptFile } from './promptFile.ts';
import { samplePrompt } from './samplePrompt.ts';

async function all(prompts: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const prompt of prompts) found.push(prompt);
  return found;
}

describe('files of prompts', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'featurescope-prompts-'))));
  after(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(dir, name), content);
    return join(dir, name);
  };

  it('of plain text: a prompt a line, blank lines left out, from any place on', async () => {
    const path = file('a.txt', '\ufeffa cat\r\n\n  a dog, "wild" \nein Fuß');
    const source = await openPromptFile(path);
    assert.equal(source.promptCount, 3);
    assert.deepEqual(await all(source.read(0)), ['a cat', 'a dog, "wild"', 'ein Fuß']);
    assert.deepEqual(await all(source.read(2)), ['ein Fuß']);
  });

  it('that come with the extension: two thousand different ones, all of the first lines varied', async () => {
    const media = join(import.meta.dirname, '..', '..', '..', '..', 'media');
    const source = await openPromptFile(join(media, 'general-prompts.txt'));
    const prompts = await all(source.read(0));
    assert.equal(new Set(prompts).size, 2000);
    assert.equal(source.promptCount, 2000);
    // Text encoders see 77 tokens; a word is rarely more than two.
    assert.ok(prompts.every((prompt) => prompt.split(' ').length < 30));
    const words = (part: readonly string[]) => new Set(part.join(' ').split(/\W+/)).size;
    assert.ok(words(prompts.slice(0, 500)) > 0.8 * words(prompts));
  });

  it('of CSV: quotes, separators and line breaks inside fields', async () => {
    const path = file('a.csv', 'id,prompt\n1,"a cat, ""fat"""\n2,"two\nlines"\n\n3,\n4,plain');
    assert.deepEqual((await describePromptFile(path)).columns, ['id', 'prompt']);
    const source = await openPromptFile(path);
    assert.equal(source.column, 'prompt');
    assert.deepEqual(await all(source.read(0)), ['a cat, "fat"', 'two\nlines', 'plain']);
    assert.deepEqual(await all((await openPromptFile(path, 'id')).read(2)), ['3', '4']);
  });

  it('of JSONL and TSV: the column that is asked for', async () => {
    const path = file('a.jsonl', '{"n":1,"a":"x","b":"y"}\n{"a":"z","b":""}\n');
    assert.deepEqual((await describePromptFile(path)).columns, ['a', 'b']);
    assert.deepEqual(await all((await openPromptFile(path, 'a')).read(0)), ['x', 'z']);
    await assert.rejects(openPromptFile(path), /say which/);
    const tsv = file('a.tsv', 'text\tn\na, b\t1\n');
    assert.deepEqual(await all((await openPromptFile(tsv)).read(0)), ['a, b']);
  });

  it('are refused by line when they do not fit', async () => {
    const refused: [string, string | Uint8Array, RegExp][] = [
      ['empty.txt', '\n \n', /no prompts/],
      ['long.txt', `a\n${'b'.repeat(10_001)}`, /line 2: .*10001 characters/],
      ['endless.txt', 'b'.repeat(3_000_000), /line 1/],
      ['bytes.txt', Uint8Array.of(0x61, 0xff), /not UTF-8/],
      ['short.csv', 'prompt,b\nx\n', /line 2: 1 fields.* 2/],
      ['quote.csv', 'prompt\n"x\n', /line 2: a quote/],
      ['after.csv', 'prompt\n"x"y\n', /line 2: text after/],
      ['list.jsonl', '{"prompt":"x"}\n[]\n', /line 2: not a JSON object/],
      ['type.jsonl', '{"prompt":"x"}\n{"prompt":2}\n', /line 2: there is no text/],
    ];
    for (const [name, content, message] of refused) {
      await assert.rejects(openPromptFile(file(name, content)), { code: 'invalidInput', message });
    }
    await assert.rejects(openPromptFile(join(dir, 'none.txt')), /does not exist/);
  });

  it('that change while they are in use are noticed', async () => {
    const source = await openPromptFile(file('b.txt', 'a\nb'));
    file('b.txt', 'a\nb\nc');
    await assert.rejects(all(source.read(0)), /has changed/);
  });
});

const grammar = (rules: object, more: object = {}): string =>
  JSON.stringify({
    format: 'featurescope-prompts',
    version: 1,
    title: 't',
    start: 's',
    ...more,
    rules,
  });

describe('prompt grammars', () => {
  it('give the same prompts for the same seed, in the proportion of the weights', () => {
    const parsed = parsePromptGrammar(
      grammar({
        s: [{ text: '{a:n} here', weight: 3 }, '{n}{style} , {n}'],
        n: ['apple', 'dog', 'owl'],
        style: ['', ' in  blue'],
      }),
    );
    const prompts = Array.from({ length: 4000 }, (_, index) => samplePrompt(parsed, 5, index));
    assert.deepEqual(
      prompts.slice(0, 3),
      [0, 1, 2].map((index) => samplePrompt(parsed, 5, index)),
    );
    assert.notDeepEqual(
      prompts.slice(0, 9),
      Array.from({ length: 9 }, (_, i) => samplePrompt(parsed, 6, i)),
    );
    for (const prompt of prompts) {
      assert.match(
        prompt,
        /^((an apple|a dog|an owl) here|(apple|dog|owl)( in blue)?, (apple|dog|owl))$/,
      );
    }
    const share = prompts.filter((prompt) => prompt.endsWith('here')).length / 4000;
    // Four standard deviations of 4,000 draws.
    assert.ok(Math.abs(share - 0.75) < 0.028, String(share));
  });

  it('never choose the same words twice where they must be distinct', () => {
    const parsed = parsePromptGrammar(
      grammar(
        { s: ['{n} {n} {m}'], n: ['x', 'y', 'z'], m: ['x', 'y', 'z'] },
        { distinct: [['n', 'm']] },
      ),
    );
    for (let index = 0; index < 200; index++) {
      assert.equal(new Set(samplePrompt(parsed, 1, index).split(' ')).size, 3);
    }
  });

  it('draw again when a rule has no words left', () => {
    const parsed = parsePromptGrammar(
      grammar(
        { s: ['{n} {n}'], n: ['{m}', '{few}'], m: ['x', 'y'], few: ['z'] },
        { distinct: [['m', 'few']] },
      ),
    );
    const seen = new Set(Array.from({ length: 300 }, (_, i) => samplePrompt(parsed, 1, i)));
    assert.deepEqual([...seen].sort(), ['x y', 'x z', 'y x', 'y z', 'z x', 'z y']);
    const never = parsePromptGrammar(
      grammar({ s: ['{m} {m} {few}'], m: ['x'], few: ['y', 'z'] }, { distinct: [['m', 'few']] }),
    );
    assert.throws(() => samplePrompt(never, 1, 0), /100 draws/);
  });

  it('are refused by rule when a prompt might not end, not fit or not be found', () => {
    const bomb = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [
        `r${String(i)}`,
        [`{r${String(i + 1)}}{r${String(i + 1)}}`],
      ]),
    );
    const refused: [string, RegExp][] = [
      ['{', /not valid JSON/],
      [grammar({ s: ['{t}'], t: ['{s}'] }), /leads back to itself/],
      [grammar({ s: ['{t}'] }), /no rule "t"/],
      [grammar({ s: ['{t'] }), /brace/],
      [grammar({ s: ['x'.repeat(9000) + '{t}'], t: ['y'.repeat(1001)] }), /10001 characters/],
      [grammar({ s: ['{r0}'], ...bomb, r30: [''] }), /choices/],
      [grammar({ s: ['{t}'], t: ['y'] }, { distinct: [['s']] }), /may not use rules/],
      [grammar({ s: ['{t}{t}'], t: ['y'] }, { distinct: [['t']] }), /1 different words.* 2/],
      [grammar({ s: [{ text: 'x', weight: 0 }] }), /does not fit/],
      [grammar({ s: ['x'] }, { start: 'constructor' }), /no rule "constructor"/],
      [grammar({ s: [] }), /does not fit/],
    ];
    for (const [json, message] of refused) {
      assert.throws(() => parsePromptGrammar(json), { code: 'model', message });
    }
  });
});
