import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import type { CollectedBlock, CollectedSet } from '../../src/engine/lens/collected/collectedSet.ts';

/**
 * A collected set in memory, as the index reads one; its pictures are small PNGs on disk.
 *
 * @param updates f32 [steps, pictures, cells, dModel]
 */
export function fakeCollectedSet(
  dir: string,
  block: CollectedBlock,
  prompts: readonly string[],
  steps: readonly number[],
  updates: Float32Array,
): CollectedSet {
  mkdirSync(join(dir, 'pictures'), { recursive: true });
  const size = block.cellsHigh * block.cellsWide * block.dModel;
  prompts.forEach((_, index) => {
    const data = new Uint8Array(8 * 8 * 3).fill(index % 256);
    const png = encode({ width: 8, height: 8, data, channels: 3, depth: 8 });
    writeFileSync(join(dir, 'pictures', `${index}.png`), png);
  });
  return {
    dir,
    manifest: {
      version: 1,
      model: { id: 'fake', hashes: {} },
      provider: 'cpu',
      versions: { featurescope: '0', onnxruntime: '0' },
      blocks: [block],
      steps,
      stepCount: steps.length,
      scheduler: 'EulerAncestralDiscreteScheduler',
      guidanceScale: 0,
      negativePrompt: '',
      width: 8,
      height: 8,
      pictureWidth: 8,
      pictureHeight: 8,
      dtype: 'float16',
      prompts: { kind: 'text', name: 'prompts.txt', sha256: '', picturesPerPrompt: 1 },
      seeds: { rule: 'consecutive', first: 0 },
      pictureCount: prompts.length,
      batchSize: 50,
    },
    pictureCount: prompts.length,
    pictures: async (from, to) =>
      prompts.slice(from, to).map((prompt, i) => ({
        index: from + i,
        prompt,
        seed: from + i,
        file: `pictures/${from + i}.png`,
      })),
    updates: async (_, stepIndex, from, to) => {
      const step = steps.indexOf(stepIndex);
      return updates.slice(
        (step * prompts.length + from) * size,
        (step * prompts.length + to) * size,
      );
    },
  };
}
