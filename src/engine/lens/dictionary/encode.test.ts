import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SaeActivation, SaeDefinition } from '../../models/sae/saeDefinition.ts';
import { decodeCells, encodeCells, preActivations } from './encode.ts';
import { selectTopK } from './selectTopK.ts';

function sae(change: Partial<SaeDefinition> = {}): SaeDefinition {
  return {
    dModel: 2,
    nFeatures: 4,
    k: 2,
    activation: 'topk-relu',
    applyDecBiasToInput: true,
    normalisation: 'none',
    target: 'update',
    encoder: Float32Array.of(1, 0, 0, 1, -1, 0, 1, 1),
    decoder: Float32Array.of(1, 0, 0, 1, -1, 0, 0.5, 0.5),
    preBias: Float32Array.of(1, 2),
    latentBias: Float32Array.of(0, 0, 0, -1),
    provenance: {
      format: 'saelens',
      kind: 'topk',
      sourceFiles: [],
      config: {},
      isDecoderNormFolded: false,
      notes: [],
    },
    ...change,
  };
}

const codesOf = (definition: SaeDefinition, hidden: number[]) => {
  const { ids, values } = encodeCells(definition, Float32Array.from(hidden), 1);
  return [...ids].map((id, i) => [id, values[i]]);
};

describe('encodeCells', () => {
  // a = [h0 - 1, h1 - 2, 1 - h0, h0 + h1 - 4]
  it('follows each rule', () => {
    assert.deepEqual(codesOf(sae(), [3, 3]), [
      [0, 2],
      [3, 2],
    ]); // a = 2 1 -2 2: the tie goes to the lower id first
    assert.deepEqual(codesOf(sae({ activation: 'relu' }), [3, 3]), [
      [0, 2],
      [3, 2],
      [1, 1],
    ]);
    const threshold = Float32Array.of(2, 0.5, 0, 1.5);
    assert.deepEqual(codesOf(sae({ activation: 'jumprelu', threshold }), [3, 3]), [
      [3, 2],
      [1, 1],
    ]); // 2 is not above 2
    assert.deepEqual(codesOf(sae({ activation: 'batchtopk-threshold', threshold }), [3, 3]), [
      [3, 2],
      [1, 1],
    ]);
    assert.deepEqual(codesOf(sae({ threshold }), [3, 3]), [
      [0, 2],
      [3, 2],
    ]); // TopK knows no threshold
  });

  it('lets fewer than k stay active', () => {
    assert.deepEqual(codesOf(sae(), [1.5, 2]), [[0, 0.5]]); // a = 0.5 0 -0.5 -0.5
    assert.deepEqual(codesOf(sae({ k: 4 }), [1, 2]), []);
  });

  it('subtracts b_pre only where the SAE does', () => {
    assert.deepEqual(codesOf(sae({ applyDecBiasToInput: false }), [3, 3]), [
      [3, 5],
      [0, 3],
    ]);
  });

  it('decodes to codes times rows plus b_pre', () => {
    const codes = encodeCells(sae(), Float32Array.of(3, 3), 1);
    assert.deepEqual([...decodeCells(sae(), codes, codes.norms)], [1 + 2 + 1, 2 + 1]);
  });

  it('undoes a normaliser', () => {
    for (const normalisation of ['layer-norm', 'constant-norm'] as const) {
      const identity = sae({
        activation: 'relu',
        normalisation,
        nFeatures: 4,
        applyDecBiasToInput: false,
        preBias: new Float32Array(2),
        latentBias: new Float32Array(4),
        encoder: Float32Array.of(1, 0, -1, 0, 0, 1, 0, -1),
        decoder: Float32Array.of(1, 0, -1, 0, 0, 1, 0, -1),
      });
      const hidden = Float32Array.of(30, -50, 0, 0, 7, 7);
      const codes = encodeCells(identity, hidden, 3);
      decodeCells(identity, codes, codes.norms).forEach((value, i) => {
        // layer-norm divides by std + 1e-5 and multiplies by std: that much is lost, as in SAELens.
        assert.ok(Math.abs(value - (hidden[i] ?? 0)) < 1e-3, `${normalisation} ${String(value)}`);
      });
    }
  });

  it('refuses samples of another width, with both', () => {
    assert.throws(() => preActivations(sae(), new Float32Array(3), 1), {
      code: 'invalidInput',
      message: /1 samples of 3 values; the SAE's dModel is 2/,
    });
  });

  it('gives the same codes for either order of TopK and ReLU, as written out', () => {
    const values = fc.array(
      fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.constantFrom(0, -0, 1, -1)),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 40 }), (a, k) => {
        const topK = (x: number[]) =>
          new Set(
            x
              .map((_, i) => i)
              .sort((i, j) => (x[j] ?? 0) - (x[i] ?? 0) || i - j)
              .slice(0, k),
          );
        const relu = (x: number) => Math.max(x, 0);
        const kept = topK(a);
        const first = a.map((x, i) => (kept.has(i) ? relu(x) : 0));
        const keptAfter = topK(a.map(relu));
        const second = a.map((x, i) => (keptAfter.has(i) ? relu(x) : 0));
        assert.deepEqual(
          first.map((x) => x + 0),
          second.map((x) => x + 0),
        );
        const ids = selectTopK(Float64Array.from(a), k);
        assert.deepEqual(
          ids.toSorted((i, j) => i - j),
          first.flatMap((x, i) => (x > 0 ? [i] : [])),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with a plain float64 loop on random SAEs of every rule', () => {
    const rules: SaeActivation[] = [
      'topk-relu',
      'relu-topk',
      'relu',
      'jumprelu',
      'batchtopk-threshold',
    ];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 17 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(...rules),
        fc.integer(),
        (d, n, positions, activation, seed) => {
          let state = seed;
          const random = (length: number) =>
            Float32Array.from(
              { length },
              () => ((state = (Math.imul(state, 1103515245) + 12345) | 0) >> 8) / 2 ** 23,
            );
          const threshold = random(n);
          const made = sae({
            dModel: d,
            nFeatures: n,
            k: Math.ceil(n / 3),
            activation,
            encoder: random(n * d),
            decoder: random(n * d),
            preBias: random(d),
            latentBias: random(n),
            threshold,
          });
          const hidden = random(positions * d);
          const { values } = preActivations(made, hidden, positions);
          const rounded = preActivations(made, hidden, positions, 'float32').values;
          // |a| < 20 here: two roundings to 24 bits.
          rounded.forEach((value, i) => {
            assert.ok(Math.fround(value) === value && Math.abs(value - (values[i] ?? 0)) < 4e-6);
          });
          for (let p = 0; p < positions; p++) {
            for (let f = 0; f < n; f++) {
              let a = 0;
              for (let i = 0; i < d; i++)
                a +=
                  (made.encoder[f * d + i] ?? 0) *
                  ((hidden[p * d + i] ?? 0) - (made.preBias[i] ?? 0));
              assert.ok(Math.abs(a + (made.latentBias[f] ?? 0) - (values[p * n + f] ?? 0)) < 1e-12);
            }
          }
          const codes = encodeCells(made, hidden, positions);
          for (let j = 0; j < codes.ids.length; j++) assert.ok((codes.values[j] ?? 0) > 0);
          assert.equal(codes.offsets[positions], codes.ids.length);
        },
      ),
      { numRuns: 100 },
    );
  });
});
