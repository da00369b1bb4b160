import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ResidentSae } from '../../src/engine/lens/training/residentSae.ts';
import { stateShapes } from '../../src/engine/lens/training/trainingState.ts';
import { parameters } from '../../src/engine/onnx/training/updateStep.ts';
import { TorchGenerator } from '../../src/numerics/random.ts';
import { sizeOf } from '../../src/protocol/tensors.ts';
import { relativeDifference } from '../support/golden.ts';
import { type Frozen, type Parameters64, slowLoss } from '../support/trainingReference.ts';
import { useOrt } from '../support/useOrt.ts';

const step64 = 1e-6;
const deadAfterSteps = 50;
const lossScale = 0.7;

const problem = fc
  .record({
    ...{ dModel: fc.integer({ min: 2, max: 7 }), nFeatures: fc.integer({ min: 3, max: 14 }) },
    ...{ k: fc.integer({ min: 1, max: 3 }), auxK: fc.integer({ min: 1, max: 4 }) },
    ...{ batchSize: fc.integer({ min: 2, max: 9 }), seed: fc.nat(2 ** 31) },
    rule: fc.constantFrom('topk' as const, 'batchtopk' as const),
    /** Every so many features have not fired for long; 0: none. */
    deadEvery: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ seed, deadEvery, ...shape }) => ({
    ...{ seed, deadEvery, shape: { ...shape, auxCoefficient: 0.5 } },
  }));

describe('gradient of a training step', () => {
  const ort = useOrt();

  it('equals finite differences in float64, whatever the sizes', async function () {
    this.timeout(120_000);
    this.slow(60_000);
    let withDead = 0;
    await fc.assert(
      fc.asyncProperty(problem, async ({ shape, seed, deadEvery }) => {
        const { dModel: d, nFeatures: n, batchSize } = shape;
        const random = new TorchGenerator(seed);
        const x = random.randn(batchSize * d);
        const state = new Map<string, Float32Array>();
        for (const [name, dims] of stateShapes(shape))
          state.set(name, new Float32Array(sizeOf(dims)));
        for (const name of parameters) {
          const scale = name.endsWith('Bias') ? 0.3 : 1;
          state.set(
            name,
            random.randn(state.get(name)!.length).map((value) => value * scale),
          );
        }
        const isOld = (f: number): boolean => deadEvery > 0 && f % deadEvery === 0;
        state.set(
          'sinceFired',
          Float32Array.from({ length: n }, (_, f) => (isOld(f) ? 100 : 1)),
        );

        const base = Object.fromEntries(
          parameters.map((name) => [name, Float64Array.from(state.get(name)!)]),
        ) as unknown as Parameters64;
        const given = { shape, x, lossScale };
        const freeze = (rebuilt: Float64Array, fired: readonly boolean[]): Frozen => ({
          residual: rebuilt.map((value, at) => x[at]! - value),
          preBias: base.preBias.slice(),
          dead: fired.map((hasFired, f) => !hasFired && isOld(f)),
        });
        const { frozen } = slowLoss(given, base, freeze);
        if (frozen.dead.includes(true)) withDead++;

        const plan = {
          ...shape,
          deadAfterSteps,
          learningRate: 1e-3,
          epsilon: 1e-9,
          thresholdDecay: 0.9,
        };
        const scalars = { step: 0, lossScale };
        const sae = await ResidentSae.start(ort, plan, state, scalars, { threadCount: 1 });
        const dims = [batchSize, d];
        const [held] = await ort.holdTensors([{ dtype: 'float32', dims, data: x }]);
        await sae.step(held!, true);
        for (const name of parameters) {
          const values = base[name];
          const slopes = values.map((value, at) => {
            const lossAt = (moved: number): number => {
              values[at] = moved;
              const { loss } = slowLoss(given, base, () => frozen);
              values[at] = value;
              return loss;
            };
            return (lossAt(value + step64) - lossAt(value - step64)) / (2 * step64);
          });
          if (name === 'decoder') removeParallel(slopes, values, d);
          // From zero, Adam's mean is a tenth of the gradient after one step.
          const ours = (await sae.read(`${name}.mean`)).map((mean) => mean * 10);
          const difference = relativeDifference(ours, slopes);
          // Gradients in float32, of sums of at most 9 samples; differences in float64 with a step of 1e-6.
          const isRight = difference < 1e-4 || slopes.every((slope) => Math.abs(slope) < 1e-7);
          assert.ok(isRight, `${name}: ${String(difference)}`);
        }
        await sae.release();
        await ort.releaseTensors([held!.handle]);
      }),
      { numRuns: 60, seed: 7 },
    );
    assert.ok(withDead > 10, `dead features in ${String(withDead)} cases only`);
  });
});

/** The decoder's gradient without its part along each row, which is what Adam gets. */
function removeParallel(gradient: Float64Array, rows: Float64Array, d: number): void {
  for (let from = 0; from < rows.length; from += d) {
    const row = rows.subarray(from, from + d);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    const along = row.reduce((sum, value, i) => sum + (value / norm) * gradient[from + i]!, 0);
    row.forEach((value, i) => (gradient[from + i]! -= (along * value) / norm));
  }
}
