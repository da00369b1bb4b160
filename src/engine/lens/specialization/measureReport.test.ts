import assert from 'node:assert/strict';
import { madeUpManifest } from '../../../../test/support/madeUpReport.ts';
import { temporaryFolder } from '../../../../test/support/saeFile.ts';
import { begun } from './measureReport.ts';
import { writeManifest } from './reportManifest.ts';

describe('a report that was begun', () => {
  const place = temporaryFolder();
  after(() => {
    place.remove();
  });

  it('is known again by its choice; another is refused by name', async () => {
    const { settled, chosen } = madeUpManifest;
    assert.equal(await begun(place.dir, settled), undefined);
    await writeManifest(place.dir, { settled, chosen });
    assert.deepEqual(await begun(place.dir, settled), madeUpManifest);
    const masks = { factor: 'object', nouns: ['another'] };
    const other = { ...settled, masks, seed: 9 };
    await assert.rejects(begun(place.dir, other), /another choice of seed, masks|another choice of masks, seed/); // prettier-ignore
  });
});
