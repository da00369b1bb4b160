/** `node indexChild.ts DIR`: indexes the small SAE of the golden values in DIR; a process that a test may kill. */
import { join } from 'node:path';
import { buildIndex } from '../../src/engine/lens/indexing/buildIndex.ts';
import { createOrt } from '../../src/engine/ort/ortClient.ts';
import { smallIndex } from './smallIndex.ts';

const [dir = ''] = process.argv.slice(2);
const runnerPath = join(import.meta.dirname, '..', '..', 'dist', 'runner.cjs');
const ort = createOrt({ runnerPath });
const { options } = await smallIndex(dir, ort);
for await (const { phase, done } of buildIndex({ ...options, picturesPerBatch: 8 })) {
  process.stdout.write(`${phase} ${done}\n`);
}
await ort.stop();
