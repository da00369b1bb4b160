import assert from 'node:assert/strict';
import { madeUpManifest } from '../../../../test/support/madeUpReport.ts';
import { temporaryFolder } from '../../../../test/support/saeFile.ts';
import { begun } from './measureReport.ts';
import { readManifest, writeManifest } from './reportManifest.ts';

describe('a report that was begun', () => {
  const place = temporaryFolder();
  after(() => {
    place.remove();
  });

  it('goes on with masks where it was begun before there were any', async () => {
    const { settled, chosen } = madeUpManifest;
    const { masks, ...before } = settled;
    assert.ok(masks);
    assert.equal(await begun(place.dir, settled), undefined);
    await writeManifest(place.dir, { settled: before, chosen });
    assert.deepEqual(await begun(place.dir, settled), madeUpManifest);
    assert.equal((await readManifest(place.dir))?.settled.masks, undefined);
    await begun(place.dir, settled, true);
    assert.deepEqual(await readManifest(place.dir), madeUpManifest);
    const others = { ...settled, masks: { ...masks, nouns: ['another'] } };
    await assert.rejects(begun(place.dir, others), /another choice of masks/);
    await assert.rejects(begun(place.dir, { ...settled, seed: 9 }), /another choice of seed/);
  });
});
