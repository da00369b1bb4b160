import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finish, readFeature, type ReadFeature, smallIndex } from '../support/smallIndex.ts';
import { temporaryFolder } from '../support/saeFile.ts';
import {
  goldenTensor,
  largestDifference,
  readGoldenJson,
  readGoldenTensors,
} from '../support/golden.ts';
import { buildIndex } from '../../src/engine/lens/indexing/buildIndex.ts';
import { IndexReader } from '../../src/engine/store/indexDatabase.ts';
import { parseQuality } from '../../src/engine/store/indexFacts.ts';
import { useOrt } from '../support/useOrt.ts';

type Example = readonly [picture: number, value: number, step: number, cell: number];
interface Golden {
  readonly fits: readonly { explainedVariance: number; rSquared: number; l0: number }[];
  readonly features: readonly {
    readonly words: readonly (readonly [string, number, number, number, number])[];
    readonly coActive: readonly (readonly [number, number, number])[];
    readonly neighbours: readonly (readonly [number, number])[];
    readonly examples: Readonly<Record<string, readonly Example[]>>;
    readonly hardNegatives: readonly Example[];
    readonly inactivePictures: readonly number[];
  }[];
}

/** f32 dot products of 16 values in ONNX Runtime against f64 in numpy, of values up to 10. */
const valueTolerance = 2e-5;
/** Six digits are kept of derived figures. */
const figureTolerance = 2e-5;

describe('index of a small SAE over 200 prompts against numpy', () => {
  const golden = readGoldenJson('index.json') as Golden;
  const tensors = readGoldenTensors('index.safetensors');
  const folder = temporaryFolder();
  const { dir } = folder;
  const ort = useOrt();
  let reader: IndexReader;
  let features: ReadFeature[];

  before(async () => {
    const { options, facts } = await smallIndex(dir, ort);
    await finish(buildIndex(options));
    reader = new IndexReader(options.path);
    features = Array.from({ length: facts.nFeatures }, (_, id) => readFeature(reader, id, facts));
  });
  after(async () => {
    reader.close();
    folder.remove();
  });

  const column = (name: string): number[] => Array.from(goldenTensor(tensors, name).data, Number);
  const near = (
    got: readonly number[],
    wanted: readonly number[],
    tolerance: number,
    what: string,
  ) => {
    const largest = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-12);
    const error = largestDifference(got, wanted) / largest;
    assert.ok(error <= tolerance, `${what}: off by ${error} of the largest`);
  };

  it('counts the same samples and pictures', () => {
    assert.deepEqual(
      features.map(({ figures }) => figures.active_samples),
      column('count'),
    );
    assert.deepEqual(
      features.map(({ figures }) => figures.active_pictures),
      column('activePictures'),
    );
    const steps = features.map(({ detail }) => detail.facts.steps);
    assert.deepEqual(
      [0, 1].flatMap((step) => steps.map((counts) => counts[step])),
      column('steps'),
    );
  });

  it('has the same strengths, and μ_f is the mean over active samples', () => {
    const figure = (
      name:
        'strength_sum' | 'strength_squares' | 'strength_max' | 'picture_sum' | 'picture_squares',
    ) => features.map(({ figures }) => figures[name]);
    near(figure('strength_sum'), column('sum'), valueTolerance, 'sum');
    near(figure('strength_squares'), column('squares'), valueTolerance, 'squares');
    near(figure('strength_max'), column('max'), valueTolerance, 'max');
    near(figure('picture_sum'), column('pictureSum'), valueTolerance, 'pictureSum');
    near(figure('picture_squares'), column('pictureSquares'), valueTolerance, 'pictureSquares');
  });

  it('has the same histogram and spatial prior', () => {
    const wanted = column('histogram');
    features.forEach(({ detail: { facts } }, id) => {
      const bins = new Array<number>(64).fill(0);
      facts.histogram.forEach((count, i) => (bins[facts.histogramFrom + i] = count));
      assert.deepEqual(bins, wanted.slice(id * 64, (id + 1) * 64), `feature ${id}`);
    });
    const prior = column('prior');
    features.forEach(({ detail }, id) => {
      const own = prior.slice(id * 16, (id + 1) * 16);
      const got = [...detail.prior].map((level) => (level / 255) * detail.facts.priorMax);
      // Kept in 255 steps: half a step, and float32's error.
      const step = detail.facts.priorMax / 255;
      assert.ok(largestDifference(got, own) <= 0.501 * step + 1e-9, `feature ${id}`);
    });
  });

  it('ranks the same words by tf-idf', () => {
    features.forEach(({ detail: { facts } }, id) => {
      const { words } = golden.features[id]!;
      assert.ok(facts.areWordsExact);
      const key = ([word]: readonly [string, ...unknown[]]): string => word;
      const [got, wanted] = [new Map(facts.words.map((w) => [key(w), w])), words];
      for (const [word, both, pictures, tfIdf, accuracy] of wanted) {
        const found = got.get(word);
        // Two words that are equally far may change places at the end of the list.
        if (!found && Math.abs(tfIdf - wanted.at(-1)![3]) < 1e-5) continue;
        assert.ok(found, `feature ${id}: ${word}`);
        assert.deepEqual(found.slice(1, 3), [both, pictures], `feature ${id}: ${word}`);
        near(
          found.slice(3) as number[],
          [tfIdf, accuracy],
          figureTolerance,
          `feature ${id}: ${word}`,
        );
      }
    });
  });

  it('finds the same co-active features and neighbours', () => {
    features.forEach(({ detail: { facts } }, id) => {
      const { coActive, neighbours } = golden.features[id]!;
      assert.ok(facts.isCoActivityExact);
      assert.deepEqual(
        facts.coActive.map(([other, , count]) => [other, count]),
        coActive.map(([other, , count]) => [other, count]),
      );
      near(
        facts.coActive.map(([, pmi]) => pmi),
        coActive.map(([, pmi]) => pmi),
        figureTolerance,
        'pmi',
      );
      assert.deepEqual(
        facts.neighbours.map(([other]) => other),
        neighbours.map(([other]) => other),
        `feature ${id}`,
      );
      near(
        facts.neighbours.map(([, cosine]) => cosine),
        neighbours.map(([, cosine]) => cosine),
        figureTolerance,
        'cosine',
      );
    });
  });

  it('chooses the same examples by interval, with their peaks', () => {
    features.forEach(({ detail }, id) => {
      const { examples, hardNegatives, inactivePictures } = golden.features[id]!;
      const compare = (
        got: readonly { picture: number; value: number; step: number; cell: number }[],
        wanted: readonly Example[],
        what: string,
      ): void => {
        assert.deepEqual(
          got.map(({ picture, step, cell }) => [picture, step, cell]),
          wanted.map(([picture, , step, cell]) => [picture, step, cell]),
          `feature ${id} ${what}`,
        );
        near(
          got.map(({ value }) => value),
          wanted.map(([, value]) => value),
          valueTolerance,
          what,
        );
      };
      ['top', '99-99.9', '90-99', 'median', 'random'].forEach((interval, place) => {
        compare(
          detail.intervals[place]!.map(({ peak }) => peak),
          examples[interval]!,
          interval,
        );
      });
      compare(detail.hardNegatives, hardNegatives, 'hard negatives');
      assert.ok(detail.facts.areIntervalsExact);
      const inactive = new Set(inactivePictures);
      assert.ok(detail.randomNegatives.every((picture) => inactive.has(picture)));
      assert.equal(detail.randomNegatives.length, Math.min(16, inactive.size));
    });
  });

  it('draws each example where the feature is, strongest at the peak', () => {
    for (const { detail } of features) {
      for (const { peak, map } of detail.intervals.flat()) {
        assert.equal(map.levels[map.cells.indexOf(peak.cell)], 255);
      }
    }
  });

  it('reports the same fit, by step and pooled', () => {
    const { fits } = parseQuality(reader.meta);
    assert.deepEqual(
      fits.map(({ stepIndex }) => stepIndex),
      [null, 1, 3],
    );
    golden.fits.forEach((wanted, i) => {
      for (const key of ['explainedVariance', 'rSquared', 'l0'] as const) {
        // f32 sums of 1,024 samples a run.
        assert.ok(
          Math.abs(fits[i]![key] - wanted[key]) < 1e-5,
          `${key} ${i}: ${fits[i]![key]} for ${wanted[key]}`,
        );
      }
    });
  });

  it('is one plain file with its pictures beside it, and nothing else', () => {
    const header = readFileSync(reader.path).subarray(18, 20);
    assert.deepEqual([...header], [1, 1], 'not in write-ahead mode');
    for (const file of reader.files()) readFileSync(join(dir, 'index', 'pictures', file));
  });
});
