import assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import { placeWeights } from './placeWeights.ts';

describe('placeWeights', () => {
  it('finds the deepest folder that holds U-net and SAEs', () => {
    assert.deepEqual(placeWeights('/m/unet', ['/m/saes/a', '/m/saes/b'], posix), {
      externalDataDir: '/m',
      unetFolder: 'unet',
      saeFolders: ['saes/a', 'saes/b'],
    });
    assert.deepEqual(placeWeights('/m/unet', [], posix), {
      externalDataDir: '/m/unet',
      unetFolder: '',
      saeFolders: [],
    });
  });

  it('refers to SAEs of another folder tree from the root', () => {
    assert.deepEqual(placeWeights('/m/unet', ['/m/saes/a', '/data/x/saes/b'], posix), {
      externalDataDir: '/',
      unetFolder: 'm/unet',
      saeFolders: ['m/saes/a', 'data/x/saes/b'],
    });
  });

  it('keeps SAEs of another drive out of the common folder', () => {
    assert.deepEqual(placeWeights('D:\\m\\unet', ['C:\\x\\a', 'D:\\m\\saes\\b'], win32), {
      externalDataDir: 'D:\\m',
      unetFolder: 'unet',
      saeFolders: [undefined, 'saes/b'],
    });
    const share = placeWeights('D:\\m\\unet', ['\\\\server\\share\\a'], win32);
    assert.deepEqual(share.saeFolders, [undefined]);
  });

  it('keeps names that a location cannot say out of it', () => {
    assert.deepEqual(placeWeights('/m/unet', ['/x/a:b'], posix).saeFolders, [undefined]);
    assert.deepEqual(placeWeights('/a:b/unet', ['/x/a'], posix), {
      externalDataDir: '/a:b/unet',
      unetFolder: '',
      saeFolders: [undefined],
    });
    assert.deepEqual(placeWeights('/a:b/unet', ['/a:b/saes/c'], posix).saeFolders, ['saes/c']);
  });
});
