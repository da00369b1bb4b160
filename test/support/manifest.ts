import type { RunManifest } from '../../src/protocol/manifest.ts';

/** A manifest with plain values; `changes` says what matters to the test. */
export const manifestFor = (changes: Partial<RunManifest> = {}): RunManifest => ({
  version: 1,
  prompt: 'a cat on grass',
  negativePrompt: '',
  seed: 7,
  steps: 1,
  guidanceScale: 0,
  scheduler: 'EulerAncestralDiscreteScheduler',
  width: 8,
  height: 8,
  model: { id: 'fake', hashes: {} },
  provider: 'cpu',
  versions: { featurescope: '0.0.0', onnxruntime: '0.0.0' },
  createdAt: '2026-03-09T10:00:00.000Z',
  timingsMs: { total: 12 },
  ...changes,
});
