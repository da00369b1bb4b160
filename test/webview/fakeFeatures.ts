import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  featuresAct,
  featuresChanged,
  featuresCompare,
  featuresCopyText,
  featuresGenerate,
  featuresPin,
  featuresPixels,
  featuresReadings,
  featuresSaveFile,
  featuresSelect,
  featuresSnapshot,
  featuresStep,
  featuresUnet,
  packReadings,
  type FeatureState,
} from '../../src/protocol/featurePanel.ts';
import { fakePicture } from './fakePicture.ts';
import { type FakePanel, serveFakePanel } from './fakePanel.ts';
import { someParts, someReadings } from './featureFixtures.ts';
import { aManifest } from './resultFixtures.ts';

/** The extension's side of the feature view, inside the page under test. */
export type FakeFeatures = FakePanel<FeatureState>;

/** The size of the readings is in the run's name: `run-SEED[-steps-COUNT][-cells-COUNT][-means][-nosae]`. */
function readingsOf(runId: string) {
  if (runId.endsWith('-nosae')) return [];
  const number = (name: string, otherwise: number) =>
    Number(new RegExp(`${name}-(\\d+)`).exec(runId)?.[1] ?? otherwise);
  return someReadings(number('run', 7), {
    stepCount: number('steps', 1),
    cells: number('cells', 16),
    nFeatures: number('features', 640),
  });
}

/** Of block `mid.0` alone: feature `id` has the mean `1 + id / 100`, and feature 14 none. */
const means = new Map([
  ['1'.repeat(64), Float32Array.from({ length: 640 }, (_, id) => (id === 14 ? 0 : 1 + id / 100))],
]);

const { fake, handle, record } = serveFakePanel<FeatureState>(featuresChanged);
declare global {
  interface Window {
    fakeFeatures: FakeFeatures;
  }
}
window.fakeFeatures = fake;

handle(featuresSnapshot, () => fake.state());
handle(featuresPixels, ({ runId }) => {
  const size = 128;
  return { width: size, height: size, rgb: fakePicture(size, size, seedOf(runId)).buffer };
});
handle(featuresReadings, ({ runId }) => {
  if (runId === 'run-unread') {
    throw new FeaturescopeError('invalidInput', 'This run was kept without its features.');
  }
  return packReadings(readingsOf(runId), runId.includes('-means') ? means : undefined);
});
handle(featuresUnet, () => someParts());
handle(featuresStep, ({ stepIndex }) => {
  void fake.show({ stepIndex });
  return null;
});
handle(featuresSelect, ({ feature }) => {
  void fake.show({ selected: feature });
  return null;
});
handle(featuresPin, ({ feature, isPinned }) => {
  const others = fake
    .state()
    .pinned.filter(({ block, id }) => block !== feature.block || id !== feature.id);
  void fake.show({ pinned: isPinned ? [...others, feature] : others });
  return null;
});
handle(featuresCompare, ({ isOn }) => {
  void fake.show({ other: isOn ? { runId: 'run-11', manifest: aManifest({ seed: 11 }) } : null });
  return null;
});
record(featuresCopyText, featuresSaveFile, featuresGenerate, featuresAct);

function seedOf(runId: string): number {
  return Number(/run-(\d+)/.exec(runId)?.[1] ?? 7);
}
