/**
 * `npm run proof:removal -- --model DIR --objects FILE [--out DIR] [--count 30] [--prompts 12] [--controls 3]`: does
 * removing a feature that fires on an object change the object? For each object the feature of a block that tells it best
 * on validation (`objects.json` of training/mini/labels.py), the best `--count` objects of these. Each is removed from
 * pictures that were not in that set (other seeds); a picture counts when the classifier of the model folder sees the
 * object in it and the feature is active. A removal succeeds when the picture changes inside the feature's active cells
 * by more than three times what its matched controls (other live features of equal mass on the same map) change there on
 * average, *and* the classifier's logit of the object falls. A control passes by the same two conditions, against the
 * other controls. Goals: 60 % of removals, at most 5 % of controls, in the block that draws objects: the one without
 * which, whole, the logits fall most (in pictures of other seeds). The other blocks stand beside it.
 *
 * Writes a section for the report into `sections/4-removal.md` and, into `removal.json`, all rows and what of them
 * succeeded by block, both in `--out`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine } from '../src/engine/engine.ts';
import { mapOf } from '../src/numerics/codes.ts';
import { describeModel } from '../src/protocol/engine.ts';
import { makeControls, runBoard } from '../src/protocol/interventions.ts';
import { openDirect } from '../test/support/ortDirect.ts';
import { runProcess } from './runProcess.mjs';

const root = dirname(import.meta.dirname);
const places = ['on grass', 'on the beach', 'in the snow', 'in the desert', 'in a room'];
/** Far from the seeds of the collected set. */
const firstSeed = 900_000;
const firstSeedWithoutBlocks = 800_000;
/** The classifier sees an object whose presence it gives as this much. */
const seenFrom = 0.3;
const timesControls = 3;
const goals = { removals: 0.6, controls: 0.05 };
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(root, 'models', 'mini') },
    objects: { type: 'string' },
    out: { type: 'string', default: '.' },
    count: { type: 'string', default: '30' },
    prompts: { type: 'string', default: '12' },
    controls: { type: 'string', default: '3' },
  },
});
if (!values.objects)
  throw new Error('Say which features: --objects FILE (training/mini/labels.py).');
const [featureCount, promptCount, controlCount] = [
  values.count,
  values.prompts,
  values.controls,
].map(Number);
if (!(controlCount >= 2)) throw new Error(`--controls ${values.controls}: at least 2 are needed.`);
const modelDir = resolve(values.model);
const code = await runProcess('node', ['esbuild.mjs'], { cwd: root, stdio: ['ignore', 2, 2] });
if (code !== 0) process.exit(code);
const storageDir = mkdtempSync(join(tmpdir(), 'featurescope-removal-'));
const engine = createEngine({ extensionDir: root, storageDir, threadCount: 0 });
const classifierDir = join(modelDir, 'classifier');
const { classes } = JSON.parse(readFileSync(join(classifierDir, 'classifier.json'), 'utf8'));
const classifier = await openDirect(
  readFileSync(join(classifierDir, 'classifier.onnx')),
  classifierDir,
);
try {
  const { defaults } = await engine.request(describeModel, { modelDir });
  const byBlock = chosenFeatures(JSON.parse(readFileSync(values.objects, 'utf8')));
  const falls = await fallsWithoutBlocks(byBlock, defaults);
  const blocks = [];
  for (const [block, features] of byBlock) {
    const rows = [];
    for (const [at, feature] of features.entries()) {
      process.stderr.write(`\r${block}: feature ${at + 1} of ${features.length} `);
      for (let index = 0; index < promptCount; index++) {
        const base = baseOf(defaults, feature.object, index, firstSeed + at * promptCount + index);
        rows.push({
          ...feature,
          prompt: base.prompt,
          seed: base.seed,
          ...(await removed(feature, base)),
        });
      }
    }
    blocks.push({ block, features, rows, fall: mean(falls.get(block)) });
  }
  process.stderr.write('\n');
  write(blocks.sort((one, other) => other.fall - one.fall));
} finally {
  await classifier.release();
  await engine.stop();
  rmSync(storageDir, { recursive: true, force: true });
}

/** By block the best feature of each object, of the objects that are told best. `objects` are ordered by validation. */
function chosenFeatures(objects) {
  const byBlock = new Map();
  for (const each of objects) {
    const own = byBlock.get(each.block) ?? [];
    if (!own.some(({ object }) => object === each.object)) own.push(each);
    byBlock.set(each.block, own);
  }
  return new Map([...byBlock].map(([block, own]) => [block, own.slice(0, featureCount)]));
}

function baseOf(defaults, object, index, seed) {
  const prompt = `${/^[aeiou]/.test(object) ? 'an' : 'a'} ${object} ${places[index % places.length]}`;
  return { ...defaults, prompt, negativePrompt: '', seed };
}

/** By block how far each object's logit falls in one picture without the whole block. */
async function fallsWithoutBlocks(byBlock, defaults) {
  const objects = [...new Set([...byBlock.values()].flat().map(({ object }) => object))].sort();
  const blocks = [...byBlock.keys()];
  const variants = blocks.map((block) => ({ version: 1, edits: [{ kind: 'ablate', block }] }));
  const falls = new Map(blocks.map((block) => [block, []]));
  for (const [at, object] of objects.entries()) {
    const base = baseOf(defaults, object, at, firstSeedWithoutBlocks + at);
    const made = await board({ modelDir, provider: 'cpu', bases: [base], variants });
    const pictureOf = (of) => made.find(({ variantIndex }) => variantIndex === of).picture;
    const presence = await presenceOf(object, pictureOf(null));
    if (presence < seenFrom) continue;
    for (const [index, block] of blocks.entries()) {
      const left = await presenceOf(object, pictureOf(index));
      falls.get(block).push(logit(presence) - logit(left));
    }
  }
  return falls;
}

/** One removal with its controls: distances inside the active cells, and how far the object's logit falls. */
async function removed({ block, id, object }, base) {
  const place = { modelDir, provider: 'cpu' };
  const edit = { kind: 'scale', block, sources: [{ feature: id }], factor: 0, maps: 'static' };
  const recipe = { version: 1, edits: [edit] };
  const [plain] = await board({ ...place, bases: [base], variants: [], withReadings: true });
  const presence = await presenceOf(object, plain.picture);
  if (presence < seenFrom) return { skipped: 'not seen' };
  const region = activeRegion(plain.readings, block, id);
  if (!region) return { skipped: 'not active' };
  const { controls } = await engine.request(makeControls, {
    ...{ ...place, base, recipe, kinds: ['random'], count: controlCount, seed: 1 },
  });
  const variants = [recipe, ...controls.map((control) => control.recipe)];
  const made = await board({ ...place, bases: [base], variants, region });
  const edited = made.filter(({ variantIndex }) => variantIndex !== null);
  const outcomes = [];
  for (const { picture, figures } of edited) {
    const fall = logit(presence) - logit(await presenceOf(object, picture));
    outcomes.push({ inside: figures.area.inside, fall });
  }
  const [removal, ...others] = outcomes;
  return { presence, share: edited[0].figures.area.share, removal, controls: others };
}

async function board(params) {
  const made = [];
  await engine.request(runBoard, params, {
    onProgress: (value) => value.phase === 'made' && made.push(value.made),
  });
  return made;
}

/** Cells in which the feature was active at any step; undefined without one. */
function activeRegion(readings, block, id) {
  const reading = readings.find((each) => each.block === block);
  const maps = reading.steps.map((step) => mapOf({ ...reading, ...step }, id));
  const weights = Array.from(maps[0], (_, cell) => (maps.some((map) => map[cell] > 0) ? 1 : 0));
  const { cellsHigh, cellsWide } = reading;
  return weights.includes(1) ? { kind: 'cells', cellsHigh, cellsWide, weights } : undefined;
}

/** 0 ... 1, of one object in one picture. */
async function presenceOf(object, { width, height, rgb }) {
  const data = new Float32Array(rgb.length);
  const pixels = width * height;
  for (let i = 0; i < pixels; i++) {
    for (let channel = 0; channel < 3; channel++)
      data[channel * pixels + i] = rgb[i * 3 + channel] / 255;
  }
  const dims = [1, 3, height, width];
  const { objectPresence } = await classifier.run({ pictures: { dtype: 'float32', dims, data } });
  return objectPresence.data[classes.objectPresence.indexOf(object)];
}

function logit(presence) {
  const p = Math.min(1 - 1e-6, Math.max(1e-6, presence));
  return Math.log(p / (1 - p));
}

function mean(list) {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}

/** Whether one change of a picture counts beside the others. */
function passes({ inside, fall }, others) {
  return inside > timesControls * mean(others.map((other) => other.inside)) && fall > 0;
}

function percent(count, all) {
  return all > 0 ? `${((100 * count) / all).toFixed(1)} %` : 'none';
}

function write(blocks) {
  const [{ block, features, rows, fall }] = blocks;
  const count = (reason) => rows.filter(({ skipped }) => skipped === reason).length;
  const lines = [
    '## Removing a feature removes its object',
    '',
    `In each block ${features.length} features, each the one that tells its object best there, and for each ${promptCount} pictures with seeds of their own. ` +
      `A removal succeeds when it changes the feature's active cells more than ${timesControls} times as much as its ${controlCount} ` +
      "matched controls do on average and the object's logit falls. " +
      `Goals: ${goals.removals * 100} % of removals and at most ${goals.controls * 100} % of controls where objects are drawn, ` +
      `which is ${block}: without the whole block an object's logit falls by ${fall.toFixed(1)} on average. ` +
      `Left out there: ${count('not seen')} pictures in which the classifier does not see the object, ${count('not active')} in which the feature is not active.`,
    '',
    '| block | logit falls without it | | pictures | succeed | logit falls | change inside, of 255 |',
    '|---|---|---|---|---|---|---|',
    ...blocks.flatMap(linesOf),
    '',
    ...perFeature(
      features,
      rows.filter(({ removal }) => removal),
    ),
    '',
  ];
  mkdirSync(join(values.out, 'sections'), { recursive: true });
  const found = {
    blocks: blocks.map((each) => ({ block: each.block, ...successesOf(each.rows) })),
    rows: blocks.flatMap((each) => each.rows),
  };
  writeFileSync(join(values.out, 'removal.json'), `${JSON.stringify(found, null, 1)}\n`);
  writeFileSync(join(values.out, 'sections', '4-removal.md'), lines.join('\n'));
  console.log(lines.join('\n'));
}

/** How many removals there were and how many succeeded, and the same of their controls. */
function successesOf(rows) {
  const used = rows.filter(({ removal }) => removal);
  const removals = used.map(({ removal, controls }) => passes(removal, controls));
  const controls = used.flatMap(({ controls: all }) =>
    all.map((one, at) =>
      passes(
        one,
        all.filter((_, other) => other !== at),
      ),
    ),
  );
  const count = (outcomes) => ({
    count: outcomes.length,
    succeeded: outcomes.filter(Boolean).length,
  });
  return { removals: count(removals), controls: count(controls) };
}

/** A block's removals, and its controls. */
function linesOf({ block, rows, fall }) {
  const used = rows.filter(({ removal }) => removal);
  const { removals, controls } = successesOf(rows);
  const outcomes = [used.map(({ removal }) => removal), used.flatMap((row) => row.controls)];
  return [
    `| ${block} | ${fall.toFixed(1)} ${line('removal', outcomes[0], removals.succeeded)}`,
    `| | ${line('controls', outcomes[1], controls.succeeded)}`,
  ];
}

function line(name, outcomes, successes) {
  const falls = outcomes.filter(({ fall }) => fall > 0).length;
  const inside = outcomes.length > 0 ? mean(outcomes.map((each) => each.inside)).toFixed(1) : '';
  const all = outcomes.length;
  return `| ${name} | ${all} | ${percent(successes, all)} | ${percent(falls, all)} | ${inside} |`;
}

function perFeature(features, used) {
  return [
    '| feature | object | AUROC | pictures | succeed | mean fall of the logit | change inside: removal, controls |',
    '|---|---|---|---|---|---|---|',
    ...features.map(({ block, id, object, test }) => {
      const own = used.filter(
        (row) => row.block === block && row.id === id && row.object === object,
      );
      const successes = own.filter(({ removal, controls }) => passes(removal, controls)).length;
      const figures =
        own.length === 0
          ? ['', '']
          : [
              mean(own.map(({ removal }) => removal.fall)).toFixed(2),
              `${mean(own.map(({ removal }) => removal.inside)).toFixed(1)}, ` +
                mean(own.flatMap(({ controls }) => controls.map(({ inside }) => inside))).toFixed(
                  1,
                ),
            ];
      return `| ${block}/${id} | ${object} | ${test.toFixed(3)} | ${own.length} | ${successes} | ${figures.join(' | ')} |`;
    }),
  ];
}
