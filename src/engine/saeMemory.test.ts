import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelFolder, readModelFolder } from './models/modelFolder.ts';
import { readModelSaes } from './modelSaes.ts';
import { SaeMemory } from './saeMemory.ts';

const embedded = join(import.meta.dirname, '..', '..', 'models', 'mini');
const noHashes = { get: () => undefined, set: () => undefined };

describe('SaeMemory', () => {
  let storageDir: string;
  let folder: ModelFolder;
  let readCount = 0;

  const memoryAt = (nowMs: number): SaeMemory => {
    readCount = 0;
    const read = (of: ModelFolder) => {
      readCount++;
      return readModelSaes(of, storageDir, () => noHashes);
    };
    return new SaeMemory(read, () => nowMs);
  };
  const later = (): number => Date.now() + 60_000;

  before(async () => {
    storageDir = mkdtempSync(join(tmpdir(), 'featurescope-saes-'));
    folder = await readModelFolder(embedded);
  });
  after(() => {
    rmSync(storageDir, { recursive: true, force: true });
  });

  it('reads once while nothing changes', async () => {
    const memory = memoryAt(later());
    const first = await memory.saesOf(folder);
    assert.ok(first.saes.length > 0);
    assert.equal(await memory.saesOf(folder), first);
    assert.equal(readCount, 1);
  });

  it('sees what another window chose', async () => {
    const memory = memoryAt(later());
    const { library, saes } = await memory.saesOf(folder);
    const [sae] = saes;
    assert.ok(sae);
    await library.choose(sae.stagePath, sae.saeId);
    const { active } = await memory.saesOf(folder);
    assert.equal(active.get(sae.stagePath)?.because, 'chosen');
    // Chosen again: the file is another one, the folder's listing the same.
    await memory.saesOf(folder);
    await library.choose(sae.stagePath, null);
    assert.equal((await memory.saesOf(folder)).active.get(sae.stagePath)?.because, 'only');
    assert.equal(readCount, 3);
  });

  it('trusts no time that is just now: a second change in it would look the same', async () => {
    const { library, saes } = await memoryAt(later()).saesOf(folder);
    const nowMs = Date.now();
    await library.choose(saes[0]?.stagePath ?? '', null);
    const memory = memoryAt(nowMs);
    await memory.saesOf(folder);
    await memory.saesOf(folder);
    assert.equal(readCount, 2);
  });
});
