import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../../../../test/support/saeFile.ts';
import { readEdits } from './editsFile.ts';

const size = { width: 16, height: 16 };

describe('files of edits', () => {
  const place = temporaryFolder();
  const file = join(place.dir, 'edits.json');
  after(() => {
    place.remove();
  });
  const read = async (entries: unknown) => {
    writeFileSync(file, typeof entries === 'string' ? entries : JSON.stringify(entries));
    return readEdits(file, size);
  };
  const bench = {
    ...{ id: '1', editing_type_id: '1', editing_instruction: 'change the cat' },
    ...{ original_prompt: 'a [cat] on grass', editing_prompt: 'a [dog] on grass' },
    ...{ original_gsam_prompt: 'cat', editing_gsam_prompt: 'dog' },
  };

  it('reads RIEBench’s form: brackets, kinds, and where to look', async () => {
    const pairs = await read([
      bench,
      { ...bench, editing_type_id: '2', original_gsam_prompt: '#everything' },
      { ...bench, editing_type_id: '3', editing_gsam_prompt: '#everything' },
      { ...bench, editing_type_id: '8', original_gsam_prompt: 'background', editing_gsam_prompt: '~dog' }, // prettier-ignore
      // As there: a mixture, and prompts that differ in brackets alone.
      { ...bench, editing_type_id: '0' },
      { ...bench, editing_prompt: 'a cat on grass' },
    ]);
    assert.deepEqual(
      pairs.map(({ kind, where }) => [kind, where.original, where.edited, where.shared]),
      [
        ['change object', 'foreground', 'foreground', undefined],
        ['add object', 'everything', 'foreground', 'edited'],
        ['delete object', 'foreground', 'everything', 'original'],
        ['change background', 'background', 'background', undefined],
      ],
    );
    assert.deepEqual([pairs[0]?.original, pairs[0]?.edited], ['a cat on grass', 'a dog on grass']);
  });

  it('takes masks that were painted, and kinds of one’s own', async () => {
    const { original_prompt, editing_prompt } = bench;
    const mask = { kind: 'pixels', rule: 'binary', width: 2, height: 2, runs: [1, 255, 3, 0] };
    const cells = { kind: 'cellRuns', cellsHigh: 2, cellsWide: 2, runs: [2, 1, 2, 0] };
    const own = { original_prompt, editing_prompt, kind: 'hue', original_mask: mask };
    const [pair] = await read([{ ...own, editing_mask: cells, editing_type_id: '2' }]);
    assert.deepEqual(pair?.kind, 'hue');
    assert.deepEqual(pair.where, {
      original: mask,
      edited: { kind: 'cells', cellsHigh: 2, cellsWide: 2, weights: [1, 1, 0, 0] },
    });
  });

  it('refuses what is no list of edits, by entry', async () => {
    await assert.rejects(read('{'), /"edits\.json" is not valid JSON/);
    await assert.rejects(read([{ original_prompt: 'a' }]), /no list of edits: .*editing_prompt/);
    await assert.rejects(read([]), /has no pair of different prompts/);
    await assert.rejects(read([{ ...bench, original_prompt: 'x'.repeat(10_001) }]), /no list of edits: .*original_prompt/); // prettier-ignore
    const upwards = { ...bench, original_mask: { kind: 'png', rule: 'binary', file: '../a.png' } };
    await assert.rejects(read([upwards]), /"\.\.\/a\.png" lies outside/);
    await assert.rejects(readEdits(join(place.dir, 'none.json'), size), /Cannot read the edits/);
  });
});
