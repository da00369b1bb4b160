import assert from 'node:assert/strict';
import type { RunManifest } from '../../src/protocol/manifest.ts';
import { settingsWords, timingsOf, truncationWords } from './pictureWords.ts';

const manifest: RunManifest = {
  version: 1,
  prompt: 'a cat',
  negativePrompt: '',
  seed: 7,
  steps: 1,
  guidanceScale: 0,
  scheduler: 'EulerAncestralDiscreteScheduler',
  width: 128,
  height: 64,
  model: { id: 'mini', hashes: {} },
  provider: 'cpu',
  versions: { featurescope: '0', onnxruntime: '0' },
  createdAt: '',
  timingsMs: { loading: 0, encodingText: 2, decoding: 3 },
};

describe('words about a picture', () => {
  it('name its settings', () => {
    assert.equal(settingsWords(manifest), '1 step · guidance 0 · Euler ancestral · 128 × 64 px');
  });

  it('name the words that were not read', () => {
    assert.equal(
      truncationWords({ prompt: 'prompt', cutText: 'on grass', tokenCount: 34, tokenLimit: 32 }),
      'The prompt has 34 tokens, the model reads 32. Not read: “on grass”',
    );
  });

  it('list the phases that took time, and their sum or the total that was measured', () => {
    assert.deepEqual(timingsOf(manifest), {
      phases: [
        { phase: 'Encoding text', durationMs: 2 },
        { phase: 'Decoding', durationMs: 3 },
      ],
      totalMs: 5,
    });
    assert.equal(timingsOf({ ...manifest, timingsMs: { decoding: 3, total: 9 } }).totalMs, 9);
  });
});
