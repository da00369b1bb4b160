import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Experiment, experimentVersion } from './experiment.ts';
import { checkExperiment, experimentIssues } from './experimentSchema.ts';
import { formatExperiment } from './experimentText.ts';
import { parseExperimentText, parseExperimentTree } from './experimentTree.ts';

const experiment: Experiment = {
  version: experimentVersion,
  model: { id: 'mini' },
  picture: {
    prompt: 'a "cat"\non grass',
    negativePrompt: '',
    seed: 7,
    steps: 4,
    guidanceScale: 1.5,
    scheduler: 'EulerDiscreteScheduler',
    width: 128,
    height: 128,
  },
  columns: { kind: 'seeds', seeds: [1, 2] },
  variants: [
    {
      id: 'v1',
      edits: [
        {
          ...{ kind: 'scale', block: 'up.0.1', sources: [{ feature: 3 }], factor: 0 },
          maps: 'static',
          mask: { kind: 'cellRuns', cellsHigh: 8, cellsWide: 8, runs: [60, 0, 4, 0.5] },
        },
      ],
    },
  ],
};
const read = (text: string): Experiment => checkExperiment(parseExperimentText(text, 'x'), 'x');

describe('the text of an experiment', () => {
  it('has one order of keys, whatever the order in the object', () => {
    const text = formatExperiment(experiment);
    const reversed = JSON.parse(text, (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    ) as Experiment;
    assert.equal(formatExperiment(reversed), text);
    assert.deepEqual(read(text), experiment);
    assert.match(text, /^\{\n {2}"version": 1,\n {2}"model": \{ "id": "mini" \},\n/);
    assert.match(text, /"prompt": "a \\"cat\\"\\non grass",\n/);
  });

  it('is written again as it was read, with lines that fit', () => {
    const run = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
    const check = fc.record({ title: fc.string({ unit: 'binary' }), prompt: fc.string(), run });
    fc.assert(
      fc.property(check, ({ title, prompt, run: weights }) => {
        const mask = { kind: 'cells', cellsHigh: 1, cellsWide: weights.length + 1 } as const;
        const edits = [{ kind: 'ablate', block: 'mid.0', mask: { ...mask, weights } }] as const;
        const one: Experiment = {
          ...experiment,
          title,
          picture: { ...experiment.picture, prompt },
          variants: [{ id: 'v1', edits }],
        };
        const text = formatExperiment(one);
        assert.equal(formatExperiment(read(text)), text);
        for (const line of text.split('\n')) {
          assert.ok(line.length <= 100 || /^\s*"(title|prompt)": /.test(line), line);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('may have comments and a comma too many', () => {
    const text = formatExperiment(experiment)
      .replace('{', '{ // what it is\n')
      .replace(/\n\}\n$/, ',\n}');
    assert.deepEqual(read(text), experiment);
  });

  it('is refused with line and column, and for a key that is there twice', () => {
    assert.throws(
      () => parseExperimentText('{\n  "a": }', 'x'),
      /x, line 2, column 8: Value expected/,
    );
    assert.throws(
      () => parseExperimentText('{ "seed": 1, "seed": 2 }', 'x'),
      /line 1, column 14: The key "seed" is there twice/,
    );
    assert.throws(() => parseExperimentText('', 'x'), /x, line 1, column 1/);
    assert.throws(() => parseExperimentText('['.repeat(1e5), 'x'), /deeper than 64 levels/);
    assert.deepEqual(Object.keys(parseExperimentTree('{ "__proto__": 1 }').value as object), [
      '__proto__',
    ]);
  });

  it('names places, values and ranges', () => {
    const issues = (change: object): string =>
      experimentIssues({ ...experiment, ...change })
        .map(({ path, message }) => `${path.join('.')} | ${message}`)
        .join('\n');
    assert.equal(issues({}), '');
    assert.match(issues({ version: 9 }), /^version \| .*version 9; .* up to 1/);
    assert.match(issues({ colour: 1 }), /colour/);
    assert.match(
      issues({ picture: { ...experiment.picture, seed: -1 } }),
      /^picture\.seed \| picture\.seed is -1: Too small: .*>=0/,
    );
    assert.match(
      issues({
        variants: [
          { id: 'a', edits: [] },
          { id: 'A', edits: [] },
        ],
      }),
      /^variants\.1\.id \| .*"A" is used twice/,
    );
    assert.match(issues({ variants: [{ id: '../x', edits: [] }] }), /variants\.0\.id is \.\.\/x/);
    assert.match(issues({ columns: { kind: 'seeds', seeds: [] } }), /columns\.seeds/);
    assert.match(
      issues({ variants: [{ id: 'a', edits: [{ kind: 'explode', block: 'b' }] }] }),
      /variants\.0\.edits\.0\.kind/,
    );
  });
});
