import type { Truncation } from '../../src/protocol/engine.ts';
import type { RunManifest } from '../../src/protocol/manifest.ts';
import type { ResultForm, ResultPicture, ResultState } from '../../src/protocol/resultPanel.ts';

export const aForm: ResultForm = {
  prompt: 'a red apple on the left and a dog on the right, on grass',
  negativePrompt: '',
  seed: 7,
  steps: 1,
  guidanceScale: 0,
  scheduler: 'EulerAncestralDiscreteScheduler',
  width: 128,
  height: 128,
};

export const aManifest = (change: Partial<RunManifest> = {}): RunManifest => ({
  version: 1,
  ...aForm,
  model: { id: 'mini', hashes: { 'unet/model.onnx': 'ab'.repeat(32) } },
  provider: 'cpu',
  versions: { featurescope: '0.1.0', onnxruntime: '1.30.0' },
  createdAt: '2025-01-02T03:04:05.000Z',
  timingsMs: { loading: 0, encodingText: 4.2, denoising: 41.7, decoding: 12.9, total: 61.3 },
  ...change,
});

export const aPicture = (seed = 7, truncations: readonly Truncation[] = []): ResultPicture => ({
  pictureId: `run-${seed}`,
  manifest: aManifest({ seed }),
  truncations,
  isKept: true,
});

/** A panel with a model and no picture yet. */
export const aState = (change: Partial<ResultState> = {}): ResultState => ({
  model: { title: 'Mini (embedded)', tokenLimit: 32 },
  limits: {
    stepsMax: 50,
    guidanceScaleMax: 30,
    sizeMultiple: 8,
    sizeMin: 64,
    sizeMax: 512,
    promptLengthMax: 10_000,
  },
  form: aForm,
  promptHistory: [],
  status: { kind: 'idle' },
  pictures: [],
  notice: null,
  ...change,
});
