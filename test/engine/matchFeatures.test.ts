import assert from 'node:assert/strict';
import { join } from 'node:path';
import { matchFeatures } from '../../src/engine/lens/indexing/matchFeatures.ts';
import { findInstalledSaes } from '../../src/engine/models/sae/installedSaes.ts';
import { readSae, writeSae } from '../../src/engine/models/sae/saeStore.ts';
import { temporaryFolder } from '../support/saeFile.ts';
import { finish, smallIndex } from '../support/smallIndex.ts';
import { useOrt } from '../support/useOrt.ts';

describe('matching the features of two SAEs', () => {
  const temporary = temporaryFolder();
  const { dir } = temporary;
  const ort = useOrt();

  before(() => smallIndex(dir, ort));
  after(async () => {
    temporary.remove();
  });

  it('matches the features of two SAEs one to one, whatever their order', async () => {
    const [left] = await findInstalledSaes(join(dir, 'saes'));
    const { definition } = await readSae(left!.folder);
    const order = Array.from({ length: 96 }, (_, id) => (id * 29 + 5) % 96);
    const rows = (matrix: Float32Array): Float32Array =>
      Float32Array.from(
        matrix,
        (_, at) => matrix[order[Math.floor(at / 16)]! * 16 + (at % 16)]! * 1.5,
      );
    const folder = join(dir, 'shuffled');
    const { decoder, encoder } = definition;
    const manifest = await writeSae(
      folder,
      { ...definition, encoder: rows(encoder), decoder: rows(decoder) },
      'float16',
    );
    const work = matchFeatures(
      ort,
      left!,
      { ...left!, folder, manifest },
      1,
      new AbortController().signal,
    );
    const comparison = await finish(work);
    const { pairs, shareAbove09 } = comparison;
    assert.equal(shareAbove09, 1);
    assert.equal(pairs.length, 96);
    for (const { left: one, right: other, cosine } of pairs) {
      assert.equal(order[other], one);
      assert.ok(cosine > 0.9999); // float16 decoder
    }
  });

  it('matches as the whole table would, greedily', async () => {
    const [left] = await findInstalledSaes(join(dir, 'saes'));
    const { definition } = await readSae(left!.folder);
    const random = Float32Array.from(
      { length: 80 * 16 },
      (_, i) => Math.sin(i * 12.9898) * Math.cos(i * 4.1414),
    );
    const cut = (values: Float32Array, size: number): Float32Array => values.slice(0, size);
    const folder = join(dir, 'other');
    const manifest = await writeSae(
      folder,
      {
        ...definition,
        nFeatures: 80,
        encoder: random,
        decoder: random,
        latentBias: cut(definition.latentBias, 80),
      },
      'float32',
    );
    const work = matchFeatures(
      ort,
      left!,
      { ...left!, folder, manifest },
      1,
      new AbortController().signal,
    );
    const comparison = await finish(work);
    const unit = (matrix: Float32Array, id: number): number[] => {
      const row = Array.from(matrix.subarray(id * 16, id * 16 + 16));
      const length = Math.hypot(...row);
      return row.map((value) => value / length);
    };
    const table = Array.from({ length: 96 * 80 }, (_, at) => {
      const [one, other] = [Math.floor(at / 80), at % 80];
      const [a, b] = [unit(definition.decoder, one), unit(random, other)];
      return { one, other, cosine: a.reduce((sum, value, i) => sum + value * b[i]!, 0) };
    }).sort((a, b) => b.cosine - a.cosine);
    const [usedLeft, usedRight] = [new Set<number>(), new Set<number>()];
    const expected = table.filter(({ one, other }) => {
      if (usedLeft.has(one) || usedRight.has(other)) return false;
      usedLeft.add(one);
      usedRight.add(other);
      return true;
    });
    assert.deepEqual(
      comparison.pairs.map(({ left: one, right: other }) => [one, other]),
      expected.map(({ one, other }) => [one, other]),
    );
  });
});
