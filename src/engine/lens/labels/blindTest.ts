import { balancedAccuracy } from '../../../numerics/balancedAccuracy.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { FeatureRef } from '../../../protocol/featurePanel.ts';
import type { BlindTest, BlindTestResult } from '../../../protocol/labels.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { detailOf } from '../catalogue/featureCard.ts';

const pictureCount = 10;

interface TestPicture {
  readonly picture: number;
  readonly isActive: boolean;
}

/**
 * Ten pictures of which a person guesses where the feature is active: five with it, drawn evenly from its active pictures
 * (also where it is weak), five evenly drawn without it; fewer of one kind are made up for by the other.
 *
 * @throws `invalidInput` for a feature that was active in no picture, or in all
 */
export function startBlindTest(catalogue: Catalogue, feature: FeatureRef, seed: number): BlindTest {
  const { block } = catalogue.place(feature);
  const pictures = picturesOf(catalogue, feature, seed).map(({ picture }) => {
    const { pictureIndex, prompt, path } = block.example({ picture, value: 0, cell: 0, step: 0 });
    return { pictureIndex, prompt, path };
  });
  return { feature, seed, pictures };
}

/** @throws `invalidInput` when there is not one guess for each picture */
export function judgeBlindTest(
  catalogue: Catalogue,
  feature: FeatureRef,
  seed: number,
  guesses: readonly boolean[],
): BlindTestResult {
  const truths = picturesOf(catalogue, feature, seed).map(({ isActive }) => isActive);
  if (guesses.length !== truths.length) {
    throw invalidInput(`There are ${guesses.length} guesses for ${truths.length} pictures.`);
  }
  const count = (truth: boolean, isRight: boolean): number =>
    truths.filter((each, i) => each === truth && (!isRight || guesses[i] === truth)).length;
  const [positiveCount, negativeCount] = [count(true, false), count(false, false)];
  const { value, low, high } = balancedAccuracy({
    positives: positiveCount,
    hits: count(true, true),
    negatives: negativeCount,
    correctRejections: count(false, true),
  });
  return { truths, balancedAccuracy: value, low, high, positiveCount, negativeCount };
}

/** The same seed gives the same pictures in the same order. */
function picturesOf(
  catalogue: Catalogue,
  feature: FeatureRef,
  seed: number,
): readonly TestPicture[] {
  const { block } = catalogue.place(feature);
  if (!Number.isSafeInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw invalidInput(`The seed is ${seed}; allowed are whole numbers from 0 to 4294967295.`);
  }
  const detail = detailOf(block, feature.id);
  const random = randomFrom(seed);
  const active = shuffled(
    (detail.intervals.at(-1) ?? []).map(({ peak }) => ({ picture: peak.picture, isActive: true })),
    random,
  );
  const others = shuffled(
    detail.randomNegatives.map((picture) => ({ picture, isActive: false })),
    random,
  );
  if (active.length === 0 || others.length === 0) {
    throw invalidInput(
      `${feature.block}/${feature.id} cannot be tested: it is active in ${active.length === 0 ? 'none' : 'all'} of the pictures that are kept.`,
    );
  }
  const half = pictureCount / 2;
  const activeCount = Math.min(active.length, Math.max(half, pictureCount - others.length));
  const chosen = [...active.slice(0, activeCount), ...others.slice(0, pictureCount - activeCount)];
  return shuffled(chosen, random);
}

/** Fisher-Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/** mulberry32: enough for the order of ten pictures. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
