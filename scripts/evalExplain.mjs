/**
 * `npm run eval:explain -- [--count 240] [--scenes FOLDER] [--seeds 4] [--model DIR] [--storage DIR] [--python PYTHON]`:
 * how well a picture that was not made here is explained. On held-out scenes of the generator in training/mini
 * (drawn, not generated): hit@10, the share of objects for which one of the ten top features of a block is one that the
 * index ties to that object (the noun is among the words that say most about the feature). For each timestep and number
 * of noises, beside chance (the same features asked about the objects of other scenes) and beside the made-here path
 * (the model's own picture of the scene's caption). The default timestep is chosen on the scenes of even number, and
 * reported on the others. Needs an index of the model. Without --scenes the scenes are drawn first, which needs Python
 * with the packages of training/requirements.txt and the sprites in $MINI_WORK.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createEngine } from '../src/engine/engine.ts';
import { activities, ranked } from '../src/numerics/codes.ts';
import { contrastNoises } from '../src/numerics/contrastNoises.ts';
import { describeModel, generatePicture } from '../src/protocol/engine.ts';
import { explainPicture } from '../src/protocol/explain.ts';
import { searchFeatures } from '../src/protocol/indexSearch.ts';
import { runProcess } from './runProcess.mjs';

const root = dirname(import.meta.dirname);
const top = 10;
/** A page of search results. */
const rowsMax = 500;
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '240' },
    scenes: { type: 'string' },
    seeds: { type: 'string', default: '4' },
    model: { type: 'string', default: join(root, 'models', 'mini') },
    storage: { type: 'string' },
    python: { type: 'string', default: 'python3' },
  },
});
const seedCounts = values.seeds.split(',').map(Number);
const modelDir = resolve(values.model);
const work = mkdtempSync(join(tmpdir(), 'featurescope-eval-'));
const must = async (command, args) => {
  const code = await runProcess(command, args, { cwd: root });
  if (code !== 0) process.exit(code);
};

await must('node', ['esbuild.mjs']);
const folder = values.scenes ?? join(work, 'scenes');
if (!values.scenes) {
  const script = join(root, 'training', 'mini', 'explain_scenes.py');
  await must(values.python, [script, folder, '--count', values.count]);
}
const engine = createEngine({
  extensionDir: root,
  storageDir: values.storage ?? join(work, 'storage'),
  threadCount: 0,
});
try {
  await evaluate(JSON.parse(readFileSync(join(folder, 'scenes.json'), 'utf8')));
} finally {
  await engine.stop();
  rmSync(work, { recursive: true, force: true });
}

async function evaluate(scenes) {
  const nouns = [...new Set(scenes.flatMap((scene) => scene.nouns))].sort();
  const tied = new Map();
  for (const noun of nouns) tied.set(noun, await featuresOf(noun));
  const tiedCount = [...tied.values()].reduce((sum, features) => sum + features.size, 0);
  if (tiedCount === 0) {
    throw new Error('The index ties no feature to any object: is there an index of this model?');
  }
  console.log(
    `${scenes.length} scenes, ${nouns.length} objects, ${tiedCount} features tied to one.`,
  );

  /** Label of a way of explaining -> scene by scene, block -> its ten features. */
  const ways = new Map();
  const put = (way, found) => ways.set(way, [...(ways.get(way) ?? []), found]);
  const largest = Math.max(...seedCounts);
  let timesteps = [];
  let builtIn;
  for (const [index, { file, caption, seed }] of scenes.entries()) {
    process.stderr.write(`\rscene ${index + 1} of ${scenes.length}`);
    const path = join(folder, file);
    const first = await explain(path, undefined, largest);
    ({ timesteps, defaultTimestep: builtIn } = first.path);
    for (const timestep of timesteps) {
      const read = timestep === builtIn ? first : await explain(path, timestep, largest);
      // Fewer noises are the first of many: nothing has to run again.
      for (const count of seedCounts) put(`${timestep}/${count}`, topOf(read, count));
    }
    const { defaults } = await engine.request(describeModel, { modelDir });
    const made = await engine.request(generatePicture, {
      ...{ modelDir, prompt: caption, negativePrompt: '', seed, ...defaults },
      ...{ provider: 'cpu', keep: false },
    });
    put(
      'made here',
      made.readings.map((block) => ({
        block: block.block,
        ids: ranked(activities({ ...block, ...block.steps.at(-1) }), 'mean')
          .slice(0, top)
          .map(({ id }) => id),
      })),
    );
  }
  process.stderr.write('\n');

  const half = (parity) => (_, index) => index % 2 === parity;
  const blocks = ways.get('made here')[0].map(({ block }) => block);
  const meanOf = (figures) => figures.reduce((sum, value) => sum + value, 0) / figures.length;
  const hits = (way, isUsed, shift) =>
    blocks.map((block) => {
      let [hit, all] = [0, 0];
      scenes.forEach(({ nouns: present }, index) => {
        if (!isUsed(null, index)) return;
        const found = ways.get(way)[(index + shift) % scenes.length];
        const ids = found.find((each) => each.block === block).ids;
        for (const noun of present) {
          // As chance, objects that the other scene has too would be no chance.
          if (shift > 0 && scenes[(index + shift) % scenes.length].nouns.includes(noun)) continue;
          all++;
          if (ids.some((id) => tied.get(noun).has(`${block}/${id}`))) hit++;
        }
      });
      return all > 0 ? hit / all : Number.NaN;
    });
  const chance = (way, isUsed) =>
    blocks.map((_, at) => meanOf([1, 3, 5, 7].map((shift) => hits(way, isUsed, shift)[at])));
  const percent = (value) => (100 * value).toFixed(1).padStart(6);
  const line = (name, figures) =>
    `| ${name} | ${figures.map(percent).join(' | ')} | ${percent(meanOf(figures))} |`;

  const choosing = seedCounts.includes(4) ? 4 : largest;
  const score = (timestep) => meanOf(hits(`${timestep}/${choosing}`, half(0), 0));
  const best = [...timesteps].sort((a, b) => score(b) - score(a))[0];
  console.log(`\nChosen on the scenes of even number, ${choosing} noises: timestep ${best}`);
  for (const timestep of timesteps) console.log(`  ${timestep}: ${percent(score(timestep))} %`);
  console.log(
    `Built in: timestep ${builtIn}${builtIn === best ? '' : ': chooseTimestep.ts says why'}`,
  );

  console.log(`\nhit@${top} in % on the other half, by block\n`);
  console.log(
    `| path | ${blocks.join(' | ')} | mean |\n|---|${blocks.map(() => '---').join('|')}|---|`,
  );
  for (const timestep of timesteps) {
    for (const count of seedCounts) {
      const way = `${timestep}/${count}`;
      console.log(line(`t=${timestep}, ${count} noises`, hits(way, half(1), 0)));
      console.log(line(`t=${timestep}, ${count} noises: chance`, chance(way, half(1))));
    }
  }
  console.log(line('made here', hits('made here', half(1), 0)));
  console.log(line('made here: chance', chance('made here', half(1))));
}

function explain(path, timestep, seedCount) {
  return engine.request(explainPicture, {
    ...{ modelDir, provider: 'cpu', path, as: 'picture', prompt: '', seedCount, firstSeed: 0 },
    ...(timestep === undefined ? {} : { timestep }),
    control: { kind: 'grey' },
  });
}

function topOf({ readings, controlReadings }, count) {
  const codes = (reading) => reading.steps.slice(0, count).map((step) => ({ ...reading, ...step }));
  return readings.map((reading, index) => ({
    block: reading.block,
    ids: contrastNoises(codes(reading), codes(controlReadings[index]))
      .slice(0, top)
      .map(({ id }) => id),
  }));
}

/** Features with the noun, or its plural, among the words that say most about them. */
async function featuresOf(noun) {
  const { rows } = await engine.request(searchFeatures, {
    ...{ modelDir, text: noun, offset: 0, limit: rowsMax },
  });
  const isNoun = (word) => word === noun || word === `${noun}s` || word === `${noun}es`;
  return new Set(
    rows.filter(({ words }) => words.some(isNoun)).map(({ block, id }) => `${block}/${id}`),
  );
}
