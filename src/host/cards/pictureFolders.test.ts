import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { PictureFolders } from './pictureFolders.ts';

describe('PictureFolders', () => {
  const model = resolve('a', 'model');
  const storage = resolve('a', 'storage');
  const folders = new PictureFolders(
    () => model,
    () => storage,
  );

  it('has what lies in the folders of indexes, and nothing beside them', () => {
    assert.ok(folders.has(join(model, 'index', 'pictures', '000001.png')));
    assert.ok(folders.has(join(storage, 'indexes', 'set', 'pictures', '1.png')));
    const others = [
      join(model, 'index'),
      join(model, 'index', '..', 'unet', 'model.onnx'),
      join(model, 'index-of-others', '1.png'),
      `${join(model, 'index')}/../../secret.png`,
      join(storage, 'runs', '1.png'),
      'index/1.png',
      '',
    ];
    for (const path of others) assert.equal(folders.has(path), false, path);
  });
});
