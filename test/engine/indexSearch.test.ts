import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FeatureIndexes } from '../../src/engine/featureIndexes.ts';
import { removeIndex } from '../../src/engine/indexJobs.ts';
import { featureCard } from '../../src/engine/lens/catalogue/featureCard.ts';
import { likePicture } from '../../src/engine/lens/catalogue/likePicture.ts';
import { searchFeatures } from '../../src/engine/lens/catalogue/searchFeatures.ts';
import { buildIndex } from '../../src/engine/lens/indexing/buildIndex.ts';
import { judgeBlindTest, startBlindTest } from '../../src/engine/lens/labels/blindTest.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { registerLabelHandlers } from '../../src/engine/labelHandlers.ts';
import { Dispatcher } from '../../src/protocol/dispatcher.ts';
import type { SearchParams } from '../../src/protocol/indexSearch.ts';
import {
  changeList,
  importLabels,
  judgeBlindTest as judgeRequest,
  previewLabelImport,
  readLabels,
  removeImportedLabels,
  writeLabels,
} from '../../src/protocol/labels.ts';
import { temporaryFolder } from '../support/saeFile.ts';
import { finish, smallIndex } from '../support/smallIndex.ts';
import { useOrt } from '../support/useOrt.ts';

describe('search, cards and labels over a small index', () => {
  const folder = temporaryFolder();
  const { dir } = folder;
  const ort = useOrt();
  const storageDir = join(dir, 'storage');
  const modelDir = dir; // `saes/` and `index/` lie in it
  const labelsPath = join(dir, 'labels.tsv');
  const problems: string[] = [];
  const indexes = new FeatureIndexes({
    storageDir,
    saesOf: (model) => findInstalledSaes(join(model, 'saes')),
    onLog: ({ text }) => problems.push(text),
  });
  const dispatcher = new Dispatcher();
  registerLabelHandlers(dispatcher, { indexes, storageDir });
  const search = async (params: Partial<SearchParams>) =>
    searchFeatures(await indexes.catalogue(modelDir, labelsPath), {
      modelDir,
      text: '',
      offset: 0,
      limit: 500,
      ...params,
    });

  before(async () => {
    const { options } = await smallIndex(dir, ort);
    await finish(buildIndex(options));
    writeFileSync(join(dir, 'index', 'broken.db'), 'SQLite format 3\0 but not really');
  });
  after(async () => {
    indexes.close();
    folder.remove();
  });

  it('lists the index of the SAE in use, and says what cannot be read', async () => {
    const [found, ...others] = await indexes.list(modelDir);
    assert.equal(others.length, 0);
    const { block, isShipped, pictureCount, sampleCount, stepIndices } = found!.summary;
    assert.deepEqual(
      { block, isShipped, pictureCount, sampleCount, stepIndices },
      {
        block: 'mid.0',
        isShipped: true,
        pictureCount: 200,
        sampleCount: 6400,
        stepIndices: [1, 3],
      },
    );
    assert.ok(problems.some((text) => text.includes('broken.db')));
  });

  it('browses by figure, pages, and hides what is dead', async () => {
    const all = await search({ sort: 'density' });
    assert.equal(all.totalCount, 96);
    const densities = all.rows.map(({ density }) => density);
    assert.deepEqual(
      densities,
      [...densities].sort((a, b) => b - a),
    );
    const alive = await search({ hideDead: true });
    assert.equal(alive.totalCount, 88);
    assert.ok(alive.rows.every(({ isDead, best }) => !isDead && best !== null));
    const page = await search({ sort: 'density', offset: 10, limit: 5 });
    assert.deepEqual(page.rows, all.rows.slice(10, 15));
    const rising = await search({ sort: 'strength', isAscending: true });
    assert.ok(rising.rows[0]!.mean <= rising.rows.at(-1)!.mean);
    await assert.rejects(search({ limit: 501 }), /limit is 501; allowed/);
  });

  it('finds by id, and by words of prompts with their beginnings', async () => {
    for (const text of ['17', '#17', 'mid.0/17', 'mid.0#17']) {
      const [row] = (await search({ text })).rows;
      assert.equal(row?.id, 17, text);
      assert.equal(row.matches[0]?.in, 'id');
    }
    assert.equal((await search({ text: 'down.2.1/17' })).totalCount, 0);
    const cats = await search({ text: 'castle' });
    assert.ok(cats.totalCount > 0);
    assert.ok(cats.rows.every(({ words }) => words.includes('castle')));
    assert.deepEqual(
      (await search({ text: 'cast' })).rows.map(({ id }) => id).sort(),
      cats.rows.map(({ id }) => id).sort(),
    );
    const both = await search({ text: 'castle striped' });
    assert.ok(
      both.rows.every(({ words }) => ['castle', 'striped'].every((word) => words.includes(word))),
    );
    assert.ok(both.hasAllWords && both.totalCount > 0);
    const some = await search({ text: 'a striped qqq' });
    assert.deepEqual([some.hasAllWords, some.totalCount > 0], [false, true]);
    assert.equal((await search({ text: '"; DROP TABLE own; --' })).totalCount, 0);
  });

  it('puts own labels above imported ones above automatic ones', async () => {
    const automatic = (await search({ labelled: 'automatic' })).rows[0];
    assert.ok(automatic?.label);
    const feature = { block: 'mid.0', id: automatic.id };
    const set = join(dir, 'set.json');
    const entries = [
      { id: feature.id, label: 'imported words', category: 'thing', confidence: 0.7 },
    ];
    writeFileSync(set, JSON.stringify(entries));
    const preview = await dispatcher.request(previewLabelImport, {
      modelDir,
      labelsPath,
      block: 'mid.0',
      path: set,
    });
    assert.deepEqual(
      preview.entries.map(({ replaces, hiddenBy }) => [replaces, hiddenBy]),
      [[null, null]],
    );
    await dispatcher.request(importLabels, { modelDir, block: 'mid.0', path: set });
    const imported = (await search({ text: 'imported' })).rows[0];
    assert.deepEqual(
      [
        imported?.id,
        imported?.label?.source,
        imported?.label?.confidence,
        imported?.label?.provenance,
      ],
      [feature.id, 'imported', 0.7, 'imported from set.json'],
    );

    const changes = [{ feature, text: 'Mein Löwe', note: 'yawning' }];
    await dispatcher.request(writeLabels, { modelDir, labelsPath, changes });
    for (const [text, place] of [
      ['lowe', 'label'],
      ['yawn', 'note'],
    ] as const) {
      const [row] = (await search({ text })).rows;
      assert.deepEqual(
        [row?.id, row?.label?.text, row?.matches[0]?.in],
        [feature.id, 'Mein Löwe', place],
      );
    }
    const { labels } = featureCard(await indexes.catalogue(modelDir, labelsPath), feature);
    assert.deepEqual(
      labels.map(({ source }) => source),
      ['own', 'imported', 'automatic'],
    );
    const again = await dispatcher.request(previewLabelImport, {
      modelDir,
      labelsPath,
      block: 'mid.0',
      path: set,
    });
    assert.deepEqual(
      again.entries.map(({ replaces, hiddenBy }) => [replaces, hiddenBy]),
      [['imported words', 'Mein Löwe']],
    );

    await dispatcher.request(changeList, {
      modelDir,
      labelsPath,
      name: 'pets',
      features: [feature],
      isMember: true,
    });
    assert.deepEqual(
      (await search({ list: 'pets' })).rows.map(({ id }) => id),
      [feature.id],
    );
    assert.equal((await search({ labelled: 'own' })).totalCount, 1);

    // Another program edits the file.
    const text = readFileSync(labelsPath, 'utf8').replace('Mein Löwe', 'a lion that yawns');
    writeFileSync(labelsPath, text);
    assert.equal((await search({ text: 'lion' })).totalCount, 1);
    const file = await dispatcher.request(readLabels, { modelDir, labelsPath });
    assert.deepEqual(file.labels, [{ ...feature, text: 'a lion that yawns', note: 'yawning' }]);
    assert.deepEqual(file.lists, [{ name: 'pets', features: [feature] }]);
    assert.deepEqual(await dispatcher.request(removeImportedLabels, { modelDir, block: 'mid.0' }), {
      removedCount: 1,
    });
    await assert.rejects(
      dispatcher.request(writeLabels, {
        modelDir,
        labelsPath,
        changes: [{ ...changes[0]!, feature: { block: 'mid.0', id: 96 } }],
      }),
      /no feature mid\.0\/96: its SAE has 0 \.\.\. 95/,
    );
  });

  it('takes the labels beside the SAE unless they are for other weights', async () => {
    const [sae] = await findInstalledSaes(join(modelDir, 'saes'));
    const path = join(sae!.folder, 'labels.json');
    const found: string[] = [];
    const cardOf = async (change: object) => {
      const file = {
        ...{ format: 'featurescope-labels', version: 1, sae: sae!.manifest.weights.sha256 },
        ...{ provenance: 'ground truth', ...change },
        labels: [{ id: 5, label: 'pelican', category: 'object', confidence: 0.97 }],
      };
      writeFileSync(path, JSON.stringify(file));
      const fresh = new FeatureIndexes({
        storageDir,
        saesOf: (model) => findInstalledSaes(join(model, 'saes')),
        onLog: ({ text }) => found.push(text),
      });
      try {
        const catalogue = await fresh.catalogue(modelDir);
        const params = { modelDir, text: 'pelican', offset: 0, limit: 5 };
        const { totalCount } = searchFeatures(catalogue, { ...params, labelled: 'shipped' });
        return { totalCount, card: featureCard(catalogue, { block: 'mid.0', id: 5 }) };
      } finally {
        fresh.close();
      }
    };
    const { totalCount, card } = await cardOf({});
    assert.equal(totalCount, 1);
    assert.deepEqual(card.label, {
      ...{ source: 'shipped', text: 'pelican', note: '', category: 'object' },
      ...{ confidence: 0.97, provenance: 'ground truth' },
    });
    const other = await cardOf({ sae: '0'.repeat(64) });
    assert.equal(other.totalCount, 0);
    assert.notEqual(other.card.label?.source, 'shipped');
    assert.match(found.join('\n'), /labels\.json" are not used: .* other weights/);
    rmSync(path);
  });

  it('has a card for each feature, dead ones too', async () => {
    const catalogue = await indexes.catalogue(modelDir);
    for (let id = 0; id < 96; id++) {
      const card = featureCard(catalogue, { block: 'mid.0', id });
      const { counts, edges } = card.histogram;
      assert.equal(
        counts.reduce((a, b) => a + b, 0),
        card.activeSampleCount,
      );
      assert.equal(edges.length, card.figures.isDead ? 0 : counts.length + 1);
      const density = card.stepDensities.reduce((a, b) => a + b, 0) / 2;
      assert.ok(Math.abs(density - card.figures.density) < 1e-12);
      for (const { pictures } of card.examples) {
        for (const { map, peak, peakCell } of pictures) {
          assert.ok(Math.abs(map[peakCell]! - peak) <= peak * 1e-6);
        }
      }
      assert.equal(card.figures.isDead, card.examples[0]!.pictures.length === 0);
    }
    assert.throws(
      () => featureCard(catalogue, { block: 'up.0.1', id: 0 }),
      /no index; blocks with one: mid\.0/,
    );
    assert.throws(() => featureCard(catalogue, { block: 'mid.0', id: 96 }), /0 \.\.\. 95/);
  });

  it('finds what sets a picture apart', async () => {
    const catalogue = await indexes.catalogue(modelDir);
    const { block } = catalogue.blocks[0]!;
    const reading = {
      block: 'mid.0',
      path: 'mid_block.attentions.0',
      cellsHigh: 4,
      cellsWide: 4,
      nFeatures: 96,
      slotCount: 1,
      saeSha256: block.summary.saeSha256,
      steps: [
        {
          ids: new Int32Array(16).fill(5),
          values: new Float32Array(16).fill(2),
          norm: new Float32Array(16),
          error: new Float32Array(16),
          spread: new Float32Array(16),
        },
      ],
    };
    const { rows, skippedBlocks } = likePicture(
      catalogue,
      [reading, { ...reading, block: 'x', saeSha256: 'y' }],
      10,
    );
    assert.deepEqual(skippedBlocks, ['x']);
    const z = (2 - block.pictureMean[5]!) / block.pictureStd[5]!;
    assert.deepEqual(
      rows.map(({ id, meanInPicture, zScore }) => [id, meanInPicture, zScore]),
      [[5, 2, z]],
    );
  });

  it('tests a label blindly: the same seed, the same pictures, judged without being told before', async () => {
    const catalogue = await indexes.catalogue(modelDir);
    const feature = {
      block: 'mid.0',
      id: catalogue.blocks[0]!.block.activePictures.findIndex((count) => count > 20 && count < 150),
    };
    const test = startBlindTest(catalogue, feature, 4);
    assert.equal(test.pictures.length, 10);
    assert.deepEqual(startBlindTest(catalogue, feature, 4), test);
    assert.notDeepEqual(startBlindTest(catalogue, feature, 5).pictures, test.pictures);
    assert.deepEqual(Object.keys(test.pictures[0]!).sort(), ['path', 'pictureIndex', 'prompt']);
    const { truths } = judgeBlindTest(catalogue, feature, 4, new Array<boolean>(10).fill(true));
    const right = judgeBlindTest(catalogue, feature, 4, truths);
    assert.equal(right.balancedAccuracy, 1);
    assert.ok(right.low > 0.6 && right.high > right.low);
    const blind = judgeBlindTest(
      catalogue,
      feature,
      4,
      truths.map(() => true),
    );
    assert.equal(blind.balancedAccuracy, 0.5);
    assert.throws(() => judgeBlindTest(catalogue, feature, 4, [true]), /1 guesses for 10/);
    assert.throws(() => startBlindTest(catalogue, { block: 'mid.0', id: 95 }, 4), /active in none/);

    await dispatcher.request(writeLabels, {
      modelDir,
      labelsPath,
      changes: [{ feature, text: 'tested', note: '' }],
    });
    await dispatcher.request(judgeRequest, {
      modelDir,
      feature,
      seed: 4,
      labelText: 'tested',
      guesses: truths,
    });
    const [row] = (await search({ text: 'tested' })).rows;
    assert.equal(row?.label?.confidence, 1);
  });

  it('prefers an index of the storage, and removes it with its pictures', async () => {
    const stored = join(storageDir, 'indexes', 'set-1');
    mkdirSync(stored, { recursive: true });
    cpSync(join(dir, 'index', 'mid.0.db'), join(stored, 'mid.0.db'));
    cpSync(join(dir, 'index', 'pictures'), join(stored, 'pictures'), { recursive: true });
    const [first] = await indexes.list(modelDir);
    assert.deepEqual(
      [first?.summary.isShipped, first?.summary.path],
      [false, join(stored, 'mid.0.db')],
    );
    await assert.rejects(
      removeIndex(join(dir, 'index', 'mid.0.db'), { indexes, storageDir }),
      /stay/,
    );
    await removeIndex(join(stored, 'mid.0.db'), { indexes, storageDir });
    assert.equal((await indexes.list(modelDir))[0]?.summary.isShipped, true);
    assert.throws(() => readFileSync(join(stored, 'pictures', '0.png')), /ENOENT/);
  });
});
