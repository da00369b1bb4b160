import type { PictureToKeep } from '../../src/engine/lens/collected/collectedWriter.ts';
import type { CollectionManifest } from '../../src/engine/lens/collected/collectionManifest.ts';

/** A set that no model made: small, and the same wherever it is written. */
export const madeUpManifest: CollectionManifest = {
  version: 1,
  model: { id: 'made-up', hashes: {} },
  provider: 'cpu',
  versions: { featurescope: '0', onnxruntime: '0' },
  blocks: [
    { block: 'mid.0', path: 'mid_block.attentions.0', dModel: 32, cellsHigh: 4, cellsWide: 4 },
  ],
  steps: [0],
  stepCount: 1,
  scheduler: 'EulerDiscreteScheduler',
  guidanceScale: 0,
  negativePrompt: '',
  width: 16,
  height: 16,
  pictureWidth: 16,
  pictureHeight: 16,
  dtype: 'float16',
  prompts: { kind: 'text', name: 'p.txt', sha256: '0'.repeat(64), picturesPerPrompt: 1 },
  seeds: { rule: 'consecutive', first: 0 },
  pictureCount: 400,
  batchSize: 5,
};

export function madeUpPicture(index: number): PictureToKeep {
  const update = Float32Array.from({ length: 512 }, (_, i) => Math.sin(index * 512 + i) * 9);
  const rgb = Uint8Array.from({ length: 768 }, (_, i) => (index * 31 + i * 7) % 256);
  return {
    prompt: `picture ${String(index)}`,
    seed: index,
    picture: { width: 16, height: 16, rgb },
    updates: [[update]],
  };
}
