/**
 * `node scripts/convertSae.mjs SOURCE DESTINATION --target update|output --block PATH [--storage float32|float16]`:
 * turns somebody's SAE folder (sdxl-unbox, SAELens, sparsify, dictionary_learning) into one of ours. Without an answer
 * to what the files leave open it says what is asked. The SAEs in models/mini/saes were made with it.
 */
import { parseArgs } from 'node:util';
import { convertSae } from '../src/engine/models/sae/convertSae.ts';
import { importSae } from '../src/engine/models/sae/importSae.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    target: { type: 'string' },
    block: { type: 'string' },
    activation: { type: 'string' },
    storage: { type: 'string', default: 'float32' },
  },
});
const [source, destination] = positionals;
if (!source || !destination) {
  process.stderr.write('Say the folder to read and the folder to write.\n');
  process.exit(2);
}
const { questions } = await importSae(source);
for (const { id, reason } of questions) process.stdout.write(`${id}: ${reason}\n`);
const answers = {
  ...(values.target && { target: values.target }),
  ...(values.block && { blockPath: values.block }),
  ...(values.activation && { activation: values.activation }),
};
try {
  const { weights } = await convertSae(source, destination, answers, values.storage);
  process.stdout.write(`${destination}: ${String(weights.sizeBytes)} bytes, ${weights.sha256}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
