import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeLabelFile, labelFileStamp, readLabelFile } from './labelFile.ts';
import { setLabel } from './labelLines.ts';
import { LabelStore, readLabelSet } from './labelStore.ts';

describe('labels on disk', () => {
  let dir: string;
  before(() => (dir = mkdtempSync(join(tmpdir(), 'featurescope-labels-'))));
  after(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const feature = (id: number) => ({ block: 'mid.0', id, sae: '3bce7165b551' });

  it('loses no change of many that are written at once', async () => {
    const path = join(dir, 'work', 'labels.tsv');
    const storage = join(dir, 'storage');
    await assert.rejects(
      changeLabelFile(path, storage, (now) => setLabel(now, feature(1), 'x', '')),
      /Cannot write the labels .*does not exist/,
    );
    const labels = join(dir, 'labels.tsv');
    await Promise.all(
      Array.from({ length: 20 }, (_, id) =>
        changeLabelFile(labels, storage, (now) => setLabel(now, feature(id), `label ${id}`, '')),
      ),
    );
    const { lines } = await readLabelFile(labels);
    assert.deepEqual(
      lines.flatMap((line) => (line.kind === 'label' ? [line.text] : [])),
      Array.from({ length: 20 }, (_, id) => `label ${id}`),
    );
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.includes('lock')),
      [],
      'locks are not left beside the labels',
    );
  });

  it('keeps what an editor saved meanwhile', async () => {
    const path = join(dir, 'edited.tsv');
    writeFileSync(path, '# by hand\n');
    const before = await labelFileStamp(path);
    await changeLabelFile(path, dir, (now) => setLabel(now, feature(1), 'cat', ''));
    assert.notEqual(await labelFileStamp(path), before);
    assert.equal(readFileSync(path, 'utf8'), '# by hand\nmid.0/1\t3bce7165b551\tcat\n');
  });

  it('refuses what is no labels file', async () => {
    await assert.rejects(readLabelFile(dir), /is no labels file/);
    const large = join(dir, 'large.tsv');
    writeFileSync(large, '\n'.repeat(200_001));
    await assert.rejects(readLabelFile(large), /200001 lines; at most 200000/);
  });

  it('imports label sets entry by entry, and keeps blind tests', () => {
    const path = join(dir, 'set.json');
    const entries = [
      { id: 1, label: ' cat ', category: 'animal', confidence: 0.8 },
      { id: 2, label: 'dog' },
      { id: 2, label: 'twice' },
      { id: 9, label: 'outside' },
      { id: 3, label: 'x'.repeat(201) },
      { id: 4, label: 'sure', confidence: 7 },
      null,
    ];
    writeFileSync(path, JSON.stringify(entries));
    const { labels, refused, source } = readLabelSet(path, 9);
    assert.deepEqual(labels, [
      { id: 1, label: 'cat', category: 'animal', confidence: 0.8 },
      { id: 2, label: 'dog', category: '', confidence: null },
    ]);
    assert.deepEqual(
      refused.map(({ index }) => index),
      [2, 3, 4, 5, 6],
    );
    writeFileSync(join(dir, 'bad.json'), '{"id": 1}');
    assert.throws(() => readLabelSet(join(dir, 'bad.json'), 9), /is no label set/);
    assert.throws(() => readLabelSet(join(dir, 'none.json'), 9), /does not exist/);

    const store = new LabelStore(join(dir, 'storage'));
    store.import('sae', labels, source);
    store.import('sae', [{ id: 2, label: 'wolf', category: '', confidence: null }], 'other.json');
    assert.deepEqual(
      store.imported('sae').map(({ label, source: from }) => [label, from]),
      [
        ['cat', 'set.json'],
        ['wolf', 'other.json'],
      ],
    );
    store.keepBlindTest('sae', 1, 'cat', { value: 0.5, low: 0.2, high: 0.8 });
    store.keepBlindTest('sae', 1, 'cat', { value: 0.9, low: 0.6, high: 0.95 });
    assert.equal(store.testedAccuracies('sae').get('1\tcat'), 0.9);
    assert.equal(store.removeImported('sae'), 2);
    assert.deepEqual(store.imported('sae'), []);
    store.close();
  });
});
