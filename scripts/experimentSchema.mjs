/**
 * `node scripts/experimentSchema.mjs [--check]`: writes media/experiment.schema.json from the schema that reads
 * experiments, or says whether it is what it would write. Needs the Node 24 that comes with the packages.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import * as z from 'zod';
import { experimentSchema } from '../src/protocol/experimentSchema.ts';

const path = join(import.meta.dirname, '..', 'media', 'experiment.schema.json');

/** What an editor shows at a key, by its name. */
const descriptions = {
  version: 'Shape of this file; 1.',
  title: 'A name for reports.',
  model:
    'The model by its name; with `sha256`, over names and hashes of its files, only exactly that model.',
  saes: 'SHA-256 of the SAE weights, by block. Without a block, the SAE that is in use there.',
  picture: 'What decides the unedited picture.',
  columns: 'One picture (the default), or the same with several seeds or prompts.',
  variants: 'Rows: each is the picture of its column with these edits.',
  metrics: 'Columns of the table of figures; all without it.',
  seed: "0 to 4294967295; torch's CPU stream.",
  block: 'Short name of an attention stage: `up.0.1`.',
  edits: 'Applied in order.',
  factor: 'Of the codes: 0 removes, 1 changes nothing, below 0 pushes away.',
  strength:
    'How much is added, with its unit: × mean active strength, × observed maximum, or codes.',
  maps: '`static`: codes of the unedited run; `adaptive`: of the edited run as it goes.',
  rows: 'With guidance, which rows are painted.',
  mask: 'Where the edit acts; everywhere without it.',
  steps: 'Number of denoising steps; of an edit: the steps (from 0) at which it acts.',
  feature: "Number of a feature of the block's SAE.",
  channel: "Number of a channel of the block's update.",
  runs: 'Count and value in turn, row by row.',
  file: "A PNG in this file's folder or below it, as large as the picture.",
};

function describe(schema) {
  if (Array.isArray(schema)) return schema.map(describe);
  if (typeof schema !== 'object' || schema === null) return schema;
  const own = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, describe(value)]),
  );
  if (own.properties && typeof own.properties === 'object') {
    for (const [key, value] of Object.entries(own.properties)) {
      if (descriptions[key]) own.properties[key] = { description: descriptions[key], ...value };
    }
  }
  return own;
}

const schema = {
  ...describe(z.toJSONSchema(experimentSchema, { target: 'draft-7', io: 'input' })),
  title: 'Featurescope experiment',
  allowTrailingCommas: true,
};
const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 100 });
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    console.error('media/experiment.schema.json is not current: run scripts/experimentSchema.mjs.');
    process.exit(1);
  }
} else writeFileSync(path, text);
