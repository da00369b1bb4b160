import assert from 'node:assert/strict';
import { machineSettings } from './storageDir.ts';

describe('settings of the command line', () => {
  const before = process.env.FEATURESCOPE_MEMORY_MB;
  afterEach(() => {
    process.env.FEATURESCOPE_MEMORY_MB = before ?? '0';
  });

  it('takes memory for models in megabytes, no limit without it', () => {
    delete process.env.FEATURESCOPE_MEMORY_MB;
    assert.equal(machineSettings().memoryBytesMax, 0);
    process.env.FEATURESCOPE_MEMORY_MB = '4000';
    assert.equal(machineSettings().memoryBytesMax, 4e9);
  });

  it('refuses memory that is no whole number, and names it', () => {
    for (const text of ['8 GB', '-1', '0.5', '1e9']) {
      process.env.FEATURESCOPE_MEMORY_MB = text;
      assert.throws(machineSettings, (error: Error) => error.message.includes(`"${text}"`));
    }
  });
});
