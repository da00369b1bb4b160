import type { FeatureState } from '../../src/protocol/featurePanel.ts';
import type { BlockReading, StepReading } from '../../src/protocol/features.ts';
import { paperBlocks } from '../../src/protocol/paperBlocks.ts';
import { aManifest } from './resultFixtures.ts';

export const slotCount = 5;

interface ReadingSize {
  readonly cells?: number;
  readonly stepCount?: number;
  readonly nFeatures?: number;
}

/** Made-up readings: each feature is a bump at a place that follows from its id, block, step and the seed. */
export function someReadings(
  seed: number,
  { cells = 16, stepCount = 1, nFeatures = 640 }: ReadingSize = {},
): BlockReading[] {
  return paperBlocks.map(({ name, path }, blockIndex) => ({
    block: name,
    path: path.replace('unet.', ''),
    cellsHigh: cells,
    cellsWide: cells,
    nFeatures,
    slotCount,
    saeSha256: String(blockIndex).repeat(64),
    steps: Array.from({ length: stepCount }, (_, stepIndex) =>
      aStep(seed + stepIndex, blockIndex, cells, nFeatures),
    ),
  }));
}

function aStep(seed: number, blockIndex: number, cells: number, nFeatures: number): StepReading {
  const cellCount = cells * cells;
  const ids = new Int32Array(cellCount * slotCount); // [cells, slotCount]
  const values = new Float32Array(cellCount * slotCount); // [cells, slotCount]
  const error = new Float32Array(cellCount);
  const candidates = Array.from({ length: 40 }, (_, index) => {
    const id = (index * 37 + blockIndex * 11 + 3) % nFeatures;
    const place = (salt: number) => ((id * 0.618 + seed * 0.13 + salt) % 1) * cells;
    return { id, x: place(0), y: place(0.37), height: 40 / (1 + index * 0.3), width: 2 + (id % 5) };
  });
  for (let cell = 0; cell < cellCount; cell++) {
    const x = cell % cells;
    const y = Math.floor(cell / cells);
    const active = candidates
      .map(({ id, ...bump }) => ({
        id,
        value: bump.height * Math.exp(-(((x - bump.x) ** 2 + (y - bump.y) ** 2) / bump.width ** 2)),
      }))
      .filter(({ value }) => value > 0.5)
      .sort((a, b) => b.value - a.value)
      .slice(0, slotCount);
    active.forEach(({ id, value }, slot) => {
      ids[cell * slotCount + slot] = id;
      values[cell * slotCount + slot] = value;
    });
    error[cell] = 4 + 12 * Math.abs(Math.sin(cell * 0.21 + blockIndex));
  }
  return {
    ids,
    values,
    error,
    norm: new Float32Array(cellCount).fill(9),
    spread: new Float32Array(cellCount).fill(20),
  };
}

export const aFeatureState = (change: Partial<FeatureState> = {}): FeatureState => ({
  picture: { runId: 'run-7', manifest: aManifest({ seed: 7 }) },
  other: null,
  modelTitle: 'Mini (embedded)',
  pinned: [],
  selected: null,
  problem: null,
  ...change,
});
