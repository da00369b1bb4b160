import assert from 'node:assert/strict';
import type { Experiment, FiledEdit } from '../../protocol/experiment.ts';
import type { BlockDescription } from '../../protocol/features.ts';
import { modelFaults } from './modelFaults.ts';

const sae = { sha256: 'a', nFeatures: 12, dModel: 8, rule: 'TopK 2', source: 'test' };
const blocks: readonly BlockDescription[] = [
  { block: 'mid.0', path: 'mid_block.attentions.0', width: 8, sae },
  { block: 'up.0.1', path: 'up_blocks.0.attentions.1', width: 4, sae: null },
];
const withEdits = (...edits: readonly FiledEdit[]): Experiment => ({
  version: 1,
  model: { id: 'mini' },
  picture: {
    ...{ prompt: '', negativePrompt: '', seed: 0, steps: 1, guidanceScale: 0 },
    ...{ scheduler: 'EulerDiscreteScheduler', width: 8, height: 8 },
  },
  variants: [{ id: 'v1', edits }],
});
const remove = (
  block: string,
  ...sources: readonly ({ feature: number } | { channel: number })[]
) => ({ kind: 'scale', block, sources, factor: 0, maps: 'static' }) as const;
const messagesOf = (...edits: readonly FiledEdit[]): readonly (readonly [string, string])[] =>
  modelFaults(withEdits(...edits), { id: 'mini', blocks }).map(({ path, message }) => [
    path.join('.'),
    message,
  ]);

describe('what a model cannot do of an experiment', () => {
  it('is a block, a feature or a channel that it does not have, at its place', () => {
    assert.deepEqual(
      messagesOf(
        { kind: 'ablate', block: 'up.9.9' },
        remove('mid.0', { feature: 11 }, { feature: 12 }, { channel: 7 }, { channel: 8 }),
        remove('up.0.1', { channel: 0 }, { feature: 0 }),
      ),
      [
        ['variants.0.edits.0.block', 'The model has no block "up.9.9"; it has mid.0, up.0.1.'],
        ['variants.0.edits.1.sources.1.feature', 'mid.0/12: the SAE has the features 0 to 11.'],
        ['variants.0.edits.1.sources.3.channel', 'mid.0 has the channels 0 to 7.'],
        [
          'variants.0.edits.2.sources.1.feature',
          'There is no SAE for up.0.1: it has channels, but no features.',
        ],
      ],
    );
  });

  it('of another model is only its name', () => {
    const experiment = withEdits({ kind: 'ablate', block: 'up.9.9' });
    const [fault, ...others] = modelFaults(experiment, { id: 'sdxl', blocks });
    assert.deepEqual(others, []);
    assert.deepEqual([fault?.path, fault?.isOtherModel], [['model', 'id'], true]);
    assert.match(fault?.message ?? '', /about the model "mini"; chosen is "sdxl"/);
  });
});
