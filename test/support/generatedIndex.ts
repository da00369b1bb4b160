import {
  IndexBuild,
  type StoredFeature,
  type StoredPicture,
} from '../../src/engine/store/indexDatabase.ts';
import { encodeDetail, encodePeak } from '../../src/engine/store/featureDetail.ts';
import { identityOf, type IndexFacts } from '../../src/engine/store/indexFacts.ts';
import { seededRandom } from './soak.ts';

const cellCount = 256;
const examples = 12;

/**
 * Writes an index of made-up figures with everything that a real one of SDXL's size has: words with Zipf's frequencies,
 * labels, examples with maps. For measuring, not for meaning.
 */
export function writeGeneratedIndex(
  path: string,
  facts: Pick<IndexFacts, 'block' | 'path' | 'saeSha256' | 'nFeatures'>,
  seed: number,
): void {
  const random = seededRandom(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  const words = Array.from({ length: 12_000 }, (_, i) => wordOf(i));
  const anyWord = (): string => words[Math.floor(words.length ** random()) - 1]!;
  const peak = () => ({
    picture: whole(5000),
    value: 50 * random(),
    cell: whole(cellCount),
    step: 0,
  });
  const map = () => {
    const cells = Uint16Array.from(new Set(Array.from({ length: 20 }, () => whole(cellCount))));
    return { cells, levels: Uint8Array.from(cells, () => 1 + whole(255)) };
  };
  // Compressing twenty thousand of them would take longer than all that is measured.
  const details = Array.from({ length: 100 }, () => {
    const own = Array.from({ length: 12 }, anyWord);
    return encodeDetail({
      facts: {
        histogramFrom: 20,
        histogram: Array.from({ length: 20 }, () => whole(1e5)),
        steps: [whole(1e6)],
        priorMax: random(),
        words: own.map((word) => [word, whole(1000), 1000 + whole(1000), random(), random()]),
        areWordsExact: false,
        neighbours: Array.from({ length: 10 }, () => [whole(facts.nFeatures), random()]),
        elsewhere: [],
        coActive: Array.from({ length: 10 }, () => [whole(facts.nFeatures), random(), whole(1000)]),
        isCoActivityExact: true,
        areIntervalsExact: false,
      },
      prior: Uint8Array.from({ length: cellCount }, () => whole(256)),
      intervals: Array.from({ length: 5 }, () =>
        Array.from({ length: examples }, () => ({ peak: peak(), map: map() })),
      ),
      hardNegatives: Array.from({ length: 16 }, peak),
      randomNegatives: Array.from({ length: 16 }, () => whole(5000)),
    });
  });
  function* features(): Generator<StoredFeature> {
    for (let id = 0; id < facts.nFeatures; id++) {
      const own = [...new Set(Array.from({ length: 12 }, anyWord))];
      yield {
        id,
        active_samples: whole(1e6),
        strength_sum: 1e6 * random(),
        strength_squares: 1e7 * random(),
        strength_max: 100 * random(),
        active_pictures: 1 + whole(100_000),
        picture_sum: 1e4 * random(),
        picture_squares: 1e4 * random(),
        words: own.join(' '),
        automatic_label: random() < 0.7 ? own[0]! : null,
        automatic_confidence: random(),
        best: encodePeak(peak()),
        detail: details[id % details.length]!,
      };
    }
  }
  const pictures = Array.from({ length: 5000 }, (_, picture): StoredPicture => ({
    picture,
    prompt: Array.from({ length: 12 }, anyWord).join(' '),
    seed: picture,
    file: `${picture}.png`,
  }));
  const all: IndexFacts = {
    version: 1,
    ...facts,
    dModel: 1280,
    cellsHigh: 16,
    cellsWide: 16,
    stepIndices: [0],
    pictureCount: 100_000,
    exampleLimit: 5000,
    examplesPerInterval: examples,
    thumbnailSize: null,
    setName: 'generated',
    setSha256: '0'.repeat(64),
  };
  const build = new IndexBuild(path);
  build.write(features(), pictures, {
    identity: identityOf(all),
    facts: JSON.stringify(all),
    finishedAt: '2026-01-01T00:00:00.000Z',
  });
  build.publish();
}

/** Pronounceable, and different for each number. */
function wordOf(number: number): string {
  const syllables = ['ka', 'lo', 'mi', 'ter', 'sun', 'ba', 'ro', 'ne', 'vi', 'du', 'pa', 'sto'];
  let word = '';
  for (let rest = number + 12; rest > 0; rest = Math.floor(rest / 12))
    word += syllables[rest % 12]!;
  return word;
}
