import assert from 'node:assert/strict';
import { goldenTensor, readGoldenTensors } from '../../test/support/golden.ts';
import { TorchGenerator } from './random.ts';

describe('TorchGenerator', () => {
  const golden = readGoldenTensors('noise.safetensors');
  const sizeOfName = (name: string): number =>
    name.split('x').reduce((product, size) => product * Number(size), 1);

  it('draws whole tensors as torch does', () => {
    const names = [...golden.keys()].filter((name) => name.startsWith('full.'));
    assert.ok(names.length >= 6);
    for (const name of names) {
      const [, seed, shape = ''] = name.split('.');
      const values = new TorchGenerator(Number(seed)).randn(sizeOfName(shape));
      const expected = goldenTensor(golden, name).data as Float32Array;
      assert.deepEqual(values, expected, name);
    }
  });

  it('continues one stream over draws of any size', () => {
    const names = [...golden.keys()].filter((name) => name.startsWith('stream.')).sort();
    let generator = new TorchGenerator(0);
    for (const name of names) {
      const [, seed, index, shape = ''] = name.split('.');
      if (index === '00') generator = new TorchGenerator(Number(seed));
      const size = sizeOfName(shape);
      const expected = goldenTensor(golden, name).data as Float32Array;
      assert.deepEqual(generator.randn(size), expected, name);
    }
  });

  it('counts the low 32 bits of a seed', () => {
    const low = new TorchGenerator(5).randn(16);
    assert.deepEqual(new TorchGenerator(2 ** 32 + 5).randn(16), low);
    assert.notDeepEqual(new TorchGenerator(6).randn(16), low);
  });

  it('continues alike in a clone', () => {
    const generator = new TorchGenerator(7);
    generator.randn(3);
    const copy = generator.clone();
    for (const size of [1, 20, 64]) assert.deepEqual(copy.randn(size), generator.randn(size));
  });
});
