/**
 * `npm run eval:search [-- --model DIR] [--confidence 0.8] [--resamples 10000]`: does search by meaning find more than
 * search by words? Ground truth are the labels that the embedded model ships (`labels.json` beside each SAE, from pictures
 * that chose no words); search does not see them: it runs on a copy of the model without these files, so it has the words
 * of prompts alone. Queries: each label's own name, and other ways to say it that captions know (searchQueries.mjs).
 *
 * recall@10: of the features with the label, the share among the first ten, where all is ten when there are more.
 * Words: our search as it is. Meaning: cosine between the embedding of the query and of a feature. A text's is the mean of
 * its words' hidden states of both encoders, as the U-net gets them (the embedded model's pooled output knows no objects);
 * a feature's is the weighted mean over its words (tf · idf), its strongest prompts (peak), or both; as it is, or less the
 * mean over all features. Which of the six is chosen on every second label, and all figures are of the others. Intervals:
 * bootstrap over labels with all their queries, since wordings of one label are not independent.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FeatureIndexes } from '../src/engine/featureIndexes.ts';
import { featureCard } from '../src/engine/lens/catalogue/featureCard.ts';
import { searchFeatures } from '../src/engine/lens/catalogue/searchFeatures.ts';
import { readModelFolder } from '../src/engine/models/modelFolder.ts';
import { findInstalledSaes } from '../src/engine/models/sae/installedSaes.ts';
import { createOrt } from '../src/engine/ort/ortClient.ts';
import { ModelSessions } from '../src/engine/pipeline/modelSessions.ts';
import { PromptEncoder } from '../src/engine/pipeline/promptEncoder.ts';
import { RunMeter } from '../src/engine/pipeline/runMeter.ts';
import { ClipTokenizer } from '../src/engine/pipeline/tokenizer.ts';
import { seededRandom } from '../test/support/soak.ts';
import { runProcess } from './runProcess.mjs';
import { queriesFor } from './searchQueries.mjs';

const root = dirname(import.meta.dirname);
const top = 10;
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(root, 'models', 'mini') },
    confidence: { type: 'string', default: '0.8' },
    resamples: { type: 'string', default: '10000' },
  },
});
const random = seededRandom(7);
const code = await runProcess('node', ['esbuild.mjs'], { cwd: root, stdio: ['ignore', 2, 2] });
if (code !== 0) process.exit(code);
const work = mkdtempSync(join(tmpdir(), 'featurescope-eval-'));
const ort = createOrt({ runnerPath: join(root, 'dist', 'runner.cjs') });
const modelDir = join(work, 'model');
const indexes = new FeatureIndexes({
  storageDir: join(work, 'storage'),
  saesOf: (dir) => findInstalledSaes(join(dir, 'saes')),
  onLog: ({ text }) => process.stderr.write(`${text}\n`),
});
try {
  cpSync(resolve(values.model), modelDir, {
    recursive: true,
    filter: (path) => basename(path) !== 'labels.json',
  });
  await evaluate();
} finally {
  await ort.stop();
  indexes.close();
  rmSync(work, { recursive: true, force: true });
}

async function evaluate() {
  const catalogue = await indexes.catalogue(modelDir);
  const labels = shippedLabels(catalogue);
  const queries = labels.flatMap(({ label, category, features }, place) => {
    const { name, others } = queriesFor(label, category);
    const asked = (text, isName) => ({ text, isName, place, category, features });
    return [asked(name, true), ...others.map((text) => asked(text, false))];
  });
  const encode = await textEncoder();
  const meaning = await meaningOf(catalogue, encode);
  const ways = new Map([['words', (text) => byWords(catalogue, text)]]);
  for (const [name, vectors] of meaning) {
    const queryOf = async (text) => vectors.adjust(await encode(text));
    ways.set(`meaning: ${name}`, async (text) => nearest(vectors.list, await queryOf(text)));
  }
  const recalls = new Map();
  for (const [name, find] of ways) {
    const found = [];
    for (const { text, features } of queries) {
      const hits = (await find(text)).filter((feature) => features.has(feature)).length;
      found.push(hits / Math.min(top, features.size));
    }
    recalls.set(name, found);
  }
  report(labels, queries, recalls, catalogue.size);
}

/** Labels that are told well enough, with the numbers of their features in the catalogue. */
function shippedLabels(catalogue) {
  const found = new Map();
  for (const block of readdirSync(join(values.model, 'saes'))) {
    const file = join(values.model, 'saes', block, 'labels.json');
    for (const { id, label, category, confidence } of JSON.parse(readFileSync(file, 'utf8'))
      .labels) {
      if (confidence < Number(values.confidence)) continue;
      const entry = found.get(label) ?? { label, category, features: new Set() };
      entry.features.add(catalogue.place({ block, id }).offset + id);
      found.set(label, entry);
    }
  }
  return [...found.values()].sort((a, b) => (a.label < b.label ? -1 : 1));
}

function byWords(catalogue, text) {
  const { rows } = searchFeatures(catalogue, { modelDir, text, offset: 0, limit: top });
  return rows.map((row) => catalogue.place(row).offset + row.id);
}

/** Text to the mean of its words' hidden states, of length 1. */
async function textEncoder() {
  const folder = await readModelFolder(modelDir);
  const sessions = new ModelSessions(ort, folder, {
    ...{ provider: 'cpu', threadCount: 1, unet: 'plain', saes: [] },
  });
  const parts = await Promise.all(
    folder.textEncoders.map(({ name, graph }) => sessions.open(name, graph)),
  );
  const encoder = new PromptEncoder(folder);
  const [{ tokenizer, config }] = folder.textEncoders;
  const tokens = new ClipTokenizer(tokenizer, config.max_position_embeddings);
  const padding = tokens.encode('').ids.at(-1);
  const meanState = (text, { hiddenStates, width }) => {
    const count = tokens.encode(text).ids.findLastIndex((id) => id !== padding);
    return Array.from({ length: width }, (_, channel) => {
      let sum = 0;
      for (let at = 1; at <= count; at++) sum += hiddenStates[at * width + channel];
      return sum / Math.max(1, count);
    });
  };
  const known = new Map();
  return async (text) => {
    if (!known.has(text)) {
      const { embedding } = await encoder.encode(text, parts, new RunMeter());
      known.set(text, unit(meanState(text, embedding)));
    }
    return known.get(text);
  };
}

/** Each way to embed features: name -> { list: vectors by feature, adjust: what is done to a query's }. */
async function meaningOf(catalogue, encode) {
  const sources = { words: [], prompts: [], 'words and prompts': [] };
  for (let feature = 0; feature < catalogue.size; feature++) {
    const { placed, id } = catalogue.featureAt(feature);
    const card = featureCard(catalogue, { block: placed.block.summary.block, id });
    const words = await mean(
      card.words.map(({ word, tfIdf }) => [word, tfIdf]),
      encode,
    );
    const strongest = card.examples.find(({ interval }) => interval === 'top').pictures;
    const prompts = await mean(
      strongest.map(({ prompt, peak }) => [prompt, peak]),
      encode,
    );
    sources.words.push(words);
    sources.prompts.push(prompts);
    sources['words and prompts'].push(
      words && prompts ? unit(words.map((value, i) => value + prompts[i])) : (words ?? prompts),
    );
    if (feature % 100 === 0) process.stderr.write(`\rfeature ${feature} of ${catalogue.size} `);
  }
  process.stderr.write('\n');
  return Object.entries(sources).flatMap(([name, list]) => {
    const centre = meanVector(list.filter(Boolean));
    const less = (vector) => vector && unit(vector.map((value, i) => value - centre[i]));
    return [
      [name, { list, adjust: (query) => query }],
      [`${name}, less their mean`, { list: list.map(less), adjust: less }],
    ];
  });
}

/** Weighted mean of the texts' embeddings, of length 1; undefined without any weight. */
async function mean(weighted, encode) {
  let sum;
  for (const [text, weight] of weighted) {
    if (!(weight > 0)) continue;
    const vector = await encode(text);
    sum = vector.map((value, i) => value * weight + (sum?.[i] ?? 0));
  }
  return sum && unit(sum);
}

function meanVector(list) {
  return list[0].map((_, i) => list.reduce((sum, vector) => sum + vector[i], 0) / list.length);
}

function unit(vector) {
  const length = Math.hypot(...vector);
  return Float64Array.from(vector, (value) => (length > 0 ? value / length : 0));
}

function nearest(list, query) {
  const cosines = list.map((vector) =>
    vector ? vector.reduce((sum, value, i) => sum + value * query[i], 0) : -Infinity,
  );
  return [...cosines.keys()].sort((a, b) => cosines[b] - cosines[a] || a - b).slice(0, top);
}

function report(labels, queries, recalls, featureCount) {
  const isChosenOn = ({ place }) => place % 2 === 0;
  const meanOver = (name, isUsed) => {
    const used = recalls.get(name).filter((_, i) => isUsed(queries[i]));
    return used.reduce((sum, value) => sum + value, 0) / used.length;
  };
  const names = [...recalls.keys()];
  console.log('recall@10 in % on the labels that choose the way to embed:');
  for (const name of names) console.log(`  ${percent(meanOver(name, isChosenOn))}  ${name}`);
  const [best] = names
    .filter((name) => name.startsWith('meaning'))
    .sort((a, b) => meanOver(b, isChosenOn) - meanOver(a, isChosenOn));
  console.log(`Chosen: ${best}`);

  const tested = labels.filter((_, place) => place % 2 === 1).length;
  console.log(
    `\nThe other ${tested} labels, ${featureCount} features; recall@${top} in % [95 %]\n`,
  );
  const columns = ['words', best, 'meaning less words'];
  console.log(`| queries | labels | n | ${columns.join(' | ')} |`);
  console.log(`|---|---|---|${columns.map(() => '---').join('|')}|`);
  const categories = [...new Set(labels.map(({ category }) => category))].sort();
  const rows = [
    ['all', () => true],
    ['own name', ({ isName }) => isName],
    ['other wordings', ({ isName }) => !isName],
    ...categories.map((each) => [each, ({ category }) => category === each]),
  ];
  for (const [title, isWanted] of rows) {
    const places = queries.flatMap((query, i) =>
      !isChosenOn(query) && isWanted(query) ? [i] : [],
    );
    if (places.length === 0) continue;
    const figures = [
      ...[recalls.get('words'), recalls.get(best)],
      recalls.get(best).map((value, i) => value - recalls.get('words')[i]),
    ].map((list) => interval(list, places, queries));
    const count = new Set(places.map((i) => queries[i].place)).size;
    console.log(`| ${title} | ${count} | ${places.length} | ${figures.join(' | ')} |`);
  }
}

/** Mean with its 95 % interval: whole labels are drawn anew. */
function interval(list, places, queries) {
  const groups = [...Map.groupBy(places, (i) => queries[i].place).values()].map((group) => ({
    sum: group.reduce((sum, i) => sum + list[i], 0),
    count: group.length,
  }));
  const meanOf = (drawn) => {
    const total = drawn.reduce((sum, { count }) => sum + count, 0);
    return drawn.reduce((sum, group) => sum + group.sum, 0) / total;
  };
  const draw = () => groups.map(() => groups[Math.floor(random() * groups.length)]);
  const means = Array.from({ length: Number(values.resamples) }, () => meanOf(draw()));
  means.sort((a, b) => a - b);
  const at = (share) => percent(means[Math.floor(share * (means.length - 1))]);
  return `${percent(meanOf(groups))} [${at(0.025)}, ${at(0.975)}]`;
}

function percent(value) {
  return (100 * value).toFixed(1);
}
