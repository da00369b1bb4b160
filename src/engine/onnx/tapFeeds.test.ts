import assert from 'node:assert/strict';
import { FeaturescopeError } from '../../protocol/errors.ts';
import type { TensorValue } from '../../protocol/tensors.ts';
import type { SaeSpec } from './saeSpec.ts';
import type { SplicedTap } from './spliceTaps.ts';
import type { TapEdit } from './tapEdit.ts';
import { listedEditsMax, tapFeeds } from './tapFeeds.ts';

const tensor = { dtype: 'float32', offset: 0, sizeBytes: 0 } as const;
const sae: SaeSpec = {
  dModel: 2,
  nFeatures: 3,
  target: 'update',
  activation: { kind: 'topk', k: 1 },
  normalisation: { kind: 'none' },
  subtractsDecoderBias: true,
  weights: { file: 'w', encoder: tensor, decoder: tensor },
};
const stage = {
  kind: 'attention',
  path: 'mid_block.attentions.0',
  name: 'mid.0',
  input: 'in',
  output: 'out',
  width: 2,
} as const;
const bare: SplicedTap = { stage, width: 2, inputs: [], outputs: [] };
const tap: SplicedTap = { ...bare, sae };
const shape = { rows: 2, cells: 4, readCodes: false };

const feeds = (edit?: TapEdit, of = tap): Record<string, TensorValue> =>
  Object.fromEntries(
    Object.entries(tapFeeds(of, edit, shape)).map(([name, ref]) => [
      name.replace('mid.0/', ''),
      ref as TensorValue,
    ]),
  );
const refuses = (edit: TapEdit, why: RegExp, of = tap): void => {
  assert.throws(
    () => feeds(edit, of),
    (error) =>
      error instanceof FeaturescopeError &&
      error.code === 'invalidInput' &&
      why.test(error.message),
  );
};

describe('tapFeeds', () => {
  it('opens no gate without an edit and without a wish to read', () => {
    const { edit, encode, keep, maps, features } = feeds();
    assert.deepEqual([edit?.data[0], encode?.data[0]], [0, 0]);
    assert.deepEqual([keep?.dims, [...(keep?.data ?? [])]], [[1, 1], [1]]);
    // One edit of weight 0: an empty list crashes WebGPU.
    assert.deepEqual([maps?.dims, [...(maps?.data ?? [])]], [[1, 1, 1], [0]]);
    assert.deepEqual(features?.dims, [1]);
  });

  it('encodes for edits that need codes only', () => {
    const encodes = (edit: TapEdit): unknown => feeds(edit).encode?.data[0];
    const source = { feature: 2 };
    assert.equal(encodes({ keep: 0, list: [{ source, map: 1, constant: 5 }] }), 0);
    assert.equal(encodes({ list: [{ source, map: 1, byCode: -1 }] }), 1);
    assert.equal(encodes({ list: [{ source, map: 1, whereActive: 2 }] }), 1);
    assert.equal(encodes({ gain: new Float32Array(3) }), 1);
  });

  it('gives rows of the batch their own maps: paint adds to one and subtracts from the other', () => {
    const paint = Float32Array.of(0, 1, 0.5, 0);
    const { maps } = feeds({
      list: [
        { source: { feature: 1 }, map: [paint.map((x) => -x), paint], constant: 3 },
        { source: { direction: Float32Array.of(1, 2) }, map: [0, 1], constant: 1 },
      ],
    });
    assert.deepEqual(maps?.dims, [2, 2, 4]);
    assert.deepEqual([...maps.data], [-0, -1, -0.5, -0, 0, 0, 0, 0, 0, 1, 0.5, 0, 1, 1, 1, 1]);
  });

  it('refuses what cannot be meant, naming it', () => {
    const source = { feature: 3 };
    refuses(
      { list: [{ source, map: 1, constant: 1 }] },
      /no feature 3 at mid\.0: its SAE has 0 \.\.\. 2/,
    );
    refuses({ keep: Number.NaN }, /keep at mid\.0 holds NaN/);
    refuses({ keep: Float32Array.of(1, 1) }, /2 values, not 4/);
    refuses({ keep: [1, 1, 1] }, /for 3 rows, but the batch has 2/);
    refuses({ gain: new Float32Array(5) }, /5 values, not 3/);
    refuses(
      { list: [{ source: { direction: new Float32Array(3) }, map: 1 }] },
      /direction 0 has 3/,
    );
    refuses({ list: [{ source: { feature: 1 }, map: 1, constant: Infinity }] }, /Infinity/);
    const many = Array.from({ length: listedEditsMax + 1 }, () => ({
      source: { feature: 0 },
      map: 1,
    }));
    refuses({ list: many }, /1025 edits at mid\.0; at most 1024/);
    refuses({ gain: new Float32Array(3) }, /no SAE at mid\.0/, bare);
    refuses({ list: [{ source: { feature: 0 }, map: 1 }] }, /no SAE at mid\.0/, bare);
  });
});
