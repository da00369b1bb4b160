import assert from 'node:assert/strict';
import { TorchGenerator } from '../../src/numerics/random.ts';
import { goldenTensor, largestDifference, readGoldenTensors } from '../support/golden.ts';

describe('noise against torch', () => {
  const golden = readGoldenTensors('noise.safetensors');
  const sizeOfName = (name: string): number =>
    name.split('x').reduce((product, size) => product * Number(size), 1);

  for (const shape of ['1x4x32x32', '1x4x64x64', '1x4x9x11']) {
    it(`draws torch.randn(${shape}) for 1,000 seeds, bit for bit`, () => {
      const seeds = goldenTensor(golden, 'seeds').data;
      const indices = goldenTensor(golden, `${shape}.indices`).data;
      const probes = goldenTensor(golden, `${shape}.probes`).data;
      const sums = goldenTensor(golden, `${shape}.sum`).data;
      const size = sizeOfName(shape);
      const got = new Float32Array(probes.length);
      const gotSums = new Float64Array(seeds.length);
      for (const [row, seed] of seeds.entries()) {
        const values = new TorchGenerator(Number(seed)).randn(size);
        gotSums[row] = values.reduce((total, value) => total + value, 0);
        for (const [column, index] of indices.entries()) {
          got[row * indices.length + column] = values[Number(index)] ?? NaN;
        }
      }
      assert.equal(seeds.length, 1000);
      assert.deepEqual(got, probes);
      // f64: the fixture's sums are rounded once, ours after every term.
      assert.ok(largestDifference(gotSums, sums as Float64Array) <= 1e-10);
    }).timeout(20_000);
  }
});
