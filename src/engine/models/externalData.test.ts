import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkExternalData } from './externalData.ts';

describe('checkExternalData', () => {
  let dir: string;
  const check = (location: string, offset = 0, sizeBytes = 1): Promise<void> =>
    checkExternalData(dir, 'unet/model.onnx', [{ location, offset, sizeBytes }]);

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'external-'));
    await mkdir(join(dir, 'unet', 'folder'), { recursive: true });
    await writeFile(join(dir, 'unet', 'model.onnx_data'), new Uint8Array(100));
    await symlink('/etc/hostname', join(dir, 'unet', 'link'));
  });
  after(() => rm(dir, { recursive: true }));

  it('accepts weights that end with their file', async () => {
    await check('model.onnx_data', 60, 40);
  });

  it('names a file that is truncated', async () => {
    await assert.rejects(check('model.onnx_data', 60, 41), {
      code: 'model',
      message: /^unet\/model\.onnx_data .* truncated: it has 100 bytes, .* needs 101/,
    });
  });

  for (const location of ['', '..', '../model.onnx_data', '/etc/passwd', 'a\0b', 'c:x', 'folder\\x']) {
    it(`refuses the location ${JSON.stringify(location)}`, async () => {
      await assert.rejects(check(location), { code: 'model', message: /not a plain name/ });
    });
  }

  it('refuses what is missing, a folder, or leads elsewhere', async () => {
    await assert.rejects(check('gone'), { code: 'model', message: /unet\/gone is missing/ });
    await assert.rejects(check('folder'), { code: 'model', message: /not a regular file/ });
    await assert.rejects(check('link'), { code: 'model', message: /leads out of the model/ });
  });
});
