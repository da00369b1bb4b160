import assert from 'node:assert/strict';
import { madeUpManifest } from '../../../../../test/support/madeUpReport.ts';
import type { PromptSource } from '../../prompts/promptSource.ts';
import type { SceneCodes } from '../factors/sceneFile.ts';
import type { ReportManifest } from '../reportManifest.ts';
import { aimsOf, logit } from './aims.ts';
import { conceptScores } from './conceptScores.ts';
import { alike, lookOfSeen } from './looksOfScenes.ts';
import { lookedAt } from './settleLooks.ts';
import { wordOfFeature } from './wordOfFeature.ts';

const block = 'down.2.1';
const sceneCount = 160;
const isInk = (scene: number): boolean => scene % 4 < 2;
const isDusk = (scene: number): boolean => scene % 8 < 4;

/** Ink and dusk, each in half of the scenes; feature 1 is active with ink, 5 with dusk, 9 by chance, 12 never. */
const pictures = Array.from({ length: sceneCount }, (_, scene) => ({
  ...{ prompt: `a ${isInk(scene) ? 'ink' : 'plain'} house ${isDusk(scene) ? 'dusk' : ''}` },
  ...{ seed: scene, said: {} },
}));
const scenes: readonly SceneCodes[] = pictures.map((_, scene) => {
  const strengths = new Map([
    [1, isInk(scene) ? 2 + Math.sin(scene) : 0],
    [5, isDusk(scene) ? 2 + Math.cos(scene) : 0],
    [9, (scene * 7) % 11 < 5 ? 1 + ((scene * 5) % 7) : 0],
  ]);
  const active = [...strengths].filter(([, value]) => value > 0);
  const ids = active.map(([id]) => id);
  const codes = { ids, values: active.map(([, value]) => value) };
  const area = { ids, values: ids.map((id) => (id === 1 ? 0.2 : 0.05)) };
  const seen = {
    style: isInk(scene) ? [0.9, 0.1] : [0.2, 0.8],
    light: isDusk(scene) ? [0.1, 0.9] : [0.95, 0.05],
  };
  const empty = { ids: [], values: [] };
  return {
    scene,
    told: [],
    seen,
    blocks: { [block]: { codes, area, random: empty, channels: [] } },
  };
});
const manifest: ReportManifest = {
  ...madeUpManifest,
  settled: { ...madeUpManifest.settled, scenes: { pairsMin: 5, pictures } },
};

describe('what networks see in the pictures of a report', () => {
  it('likeness is the mean over factors of Σ √(p q)', () => {
    const factors = [
      { name: 'style', classes: ['ink', 'oil'], isChoice: true },
      { name: 'object', classes: ['none', 'cat', 'dog'], isChoice: false },
    ];
    const one = lookOfSeen({ style: [1, 0], object: [0.9, 0.5, 0] }, factors);
    const other = lookOfSeen({ style: [0.25, 0.75], object: [0, 1, 1] }, factors);
    assert.ok(Math.abs(alike(one, one) - 1) < 1e-12 && Math.abs(alike(other, other) - 1) < 1e-12);
    // √(1 · 0.25) of the style; of cat, dog and nothing: 0.5, 0, 0.5 against 0.5, 0.5, 0.
    assert.ok(Math.abs(alike(one, other) - (0.5 + 0.5) / 2) < 1e-12);
  });

  it('a feature’s word is the one that goes with it, of those that enough prompts have', () => {
    const words = pictures.map(({ prompt }) => prompt.split(' '));
    const all = pictures.map((_, scene) => scene);
    const strengths = all.map((scene) => (isDusk(scene) ? 1 : 0));
    assert.equal(wordOfFeature(strengths, words, all), 'dusk');
    assert.equal(wordOfFeature(strengths, words, all.slice(0, 7)), null);
    assert.equal(wordOfFeature(new Float64Array(sceneCount), words, all), null);
  });

  it('planted features are specific, causal and sensitive as they were planted', async () => {
    const icon = lookOfSeen({ style: [0.9, 0.1], light: [0.5, 0.5] }, manifest.settled.classifier!.factors); // prettier-ignore
    const ink = await conceptScores({ block, slot: 0 }, manifest, scenes, icon);
    assert.equal(ink.label, 'ink');
    // Pictures of ink are alike in style, and in light as often as not; those of other features in neither.
    assert.ok(ink.specificity && ink.specificity.own > ink.specificity.shuffled + 0.02);
    assert.ok(ink.causality && ink.causality.own > ink.causality.shuffled + 0.02);
    // Active in all of them, in 20 % of the cells; of dusk in half of the pictures.
    assert.deepEqual(
      ink.sensitivity?.map(({ own }) => own),
      [1, 1, 0],
    );
    assert.ok(Math.abs((ink.sensitivity[0]?.shuffled ?? 0) - 0.5) < 0.26);
    const never = await conceptScores({ block, slot: 3 }, manifest, scenes, icon);
    assert.deepEqual([never.label, never.specificity, never.causality], [null, null, null]);
    const chance = await conceptScores({ block, slot: 2 }, manifest, scenes, undefined);
    assert.equal(chance.causality, null);
    const { own = 1, shuffled = 0 } = chance.specificity ?? {};
    assert.ok(own < ink.specificity.own && shuffled > 0);
  });

  it('each class gets the features that go with it in turn', () => {
    const aims = aimsOf(block, { ...manifest.settled, featureCount: 3 }, scenes);
    const [first, ...more] = aims.get('style') ?? [];
    assert.deepEqual(first, { feature: 1, name: 'ink' });
    assert.ok(more.every(({ feature }) => feature !== 1));
    assert.deepEqual(aims.get('light')?.find(({ name }) => name === 'dusk')?.feature, 5);
    assert.ok(Math.abs(logit(0.9) + logit(0.1)) < 1e-12 && logit(0) === logit(1e-5));
  });

  it('charts without what they need are absent, and it is said why', async () => {
    const lines: PromptSource = {
      ...{ kind: 'text', name: 'a.txt', title: 'a.txt', sha256: '', promptCount: 50 },
      read: async function* (from) {
        for (let line = from; line < 50; line++) yield await Promise.resolve(`prompt ${line}`);
      },
    };
    const facts = { picture: 128, factors: [], maps: [] };
    const judges = { clip: undefined, clipText: undefined, classifier: undefined, readClassifier: () => Promise.resolve(facts) }; // prettier-ignore
    const latents = { channels: 4, high: 32, wide: 32 };
    const wish = { sceneCount: 45, pairsMin: 5, first: 8, seed: 0, latents };
    const words = await lookedAt([2, 5, 13], judges, lines, wish);
    assert.deepEqual(
      [words.charts, words.judge, words.scenes.pictures.length],
      [[2, 13], 'words', 42],
    );
    assert.match(
      words.absent.join(),
      /^Chart 5 .* is absent: the model’s folder has no classifier/,
    );
    const few = await lookedAt([13], judges, lines, { ...wish, first: 24 });
    assert.match(few.absent.join(), /needs 40 prompts behind the first 24, and a\.txt has 26/);
    const both = await lookedAt([5, 13], { ...judges, clip: 'c', classifier: 'd' }, lines, wish);
    assert.deepEqual([both.charts, both.judge, both.clip, both.classifier?.sha256], [[5, 13], 'clip', 'c', 'd']); // prettier-ignore
    const one = await lookedAt([13], { ...judges, classifier: 'd' }, lines, wish);
    assert.deepEqual([one.judge, one.clip, one.classifier?.factors], ['classifier', undefined, []]);
  });
});
