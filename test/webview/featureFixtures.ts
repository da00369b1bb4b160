import type { FeatureState } from '../../src/protocol/featurePanel.ts';
import type { BlockReading, StepReading } from '../../src/protocol/features.ts';
import type { UnetPart, UnetPartKind } from '../../src/protocol/unetParts.ts';
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
  stepIndex: 0,
  lookAt: null,
  problem: null,
  ...change,
});

/** A U-net of three levels with two of the four blocks, as the engine describes one. */
export const someParts = (): UnetPart[] => {
  const rows: [string, UnetPartKind, string, string, number, string][] = [
    ['in', 'input', '', 'conv_in', 0, ''],
    ['down.0.resnet.0', 'resnet', 'down.0', 'down_blocks.0.resnets.0', 0, 'in'],
    [
      'down.0.downsample',
      'downsample',
      'down.0',
      'down_blocks.0.downsamplers.0',
      0,
      'down.0.resnet.0',
    ],
    ['down.2.resnet.1', 'resnet', 'down.2', 'down_blocks.2.resnets.1', 1, 'down.0.downsample'],
    ['down.2.1', 'attention', 'down.2', 'down_blocks.2.attentions.1', 1, 'down.2.resnet.1'],
    ['mid.0', 'attention', 'mid', 'mid_block.attentions.0', 1, 'down.2.1'],
    ['up.0.resnet.0', 'resnet', 'up.0', 'up_blocks.0.resnets.0', 1, 'mid.0 down.2.1'],
    ['up.0.0', 'attention', 'up.0', 'up_blocks.0.attentions.0', 1, 'up.0.resnet.0'],
    ['up.0.1', 'attention', 'up.0', 'up_blocks.0.attentions.1', 1, 'up.0.0'],
    ['up.0.upsample', 'upsample', 'up.0', 'up_blocks.0.upsamplers.0', 1, 'up.0.1'],
    [
      'up.2.resnet.0',
      'resnet',
      'up.2',
      'up_blocks.2.resnets.0',
      0,
      'up.0.upsample down.0.resnet.0',
    ],
    ['out', 'output', '', 'conv_out', 0, 'up.2.resnet.0'],
  ];
  return rows.map(([name, kind, group, path, halvings, reads]) => ({
    ...{ name, kind, group, path, halvings },
    width: kind === 'resnet' || kind === 'attention' ? 1280 : null,
    depth: kind === 'attention' ? 10 : 0,
    reads: reads.split(' ').filter(Boolean),
  }));
};
