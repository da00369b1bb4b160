/** Writes a collected set of made-up pictures until it is done or killed: `node collectingChild.ts DIR`. Prints what is saved. */
import { CollectedWriter } from '../../src/engine/lens/collected/collectedWriter.ts';
import { madeUpManifest, madeUpPicture } from './madeUpSet.ts';

const [, , dir = ''] = process.argv;
const writer = await CollectedWriter.open(dir, madeUpManifest);
process.stdout.write(`${String(writer.savedCount)}\n`);
for (let index = writer.savedCount; index < madeUpManifest.pictureCount; index++) {
  await writer.add(madeUpPicture(index));
  process.stdout.write(`${String(writer.savedCount)}\n`);
}
writer.close();
