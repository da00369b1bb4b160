import assert from 'node:assert/strict';
import { trainingDefaults } from './trainingOptions.ts';

describe('trainingDefaults', () => {
  it('halves the batch while a training would have fewer than 2,000 steps, down to 512', () => {
    const { batchSize } = trainingDefaults;
    assert.equal(batchSize(819_200, 10), 4096);
    assert.equal(batchSize(819_199, 10), 2048);
    assert.equal(batchSize(12_800, 10), 512);
    assert.equal(batchSize(100, 10), 100, 'never more than there are');
  });

  it('has a smaller rate for more features', () => {
    assert.equal(trainingDefaults.learningRate(2 ** 14), 2e-4);
    assert.equal(trainingDefaults.learningRate(256), 1.6e-3);
  });
});
