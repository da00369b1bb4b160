import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCollectedSet } from './collectedSet.ts';
import { CollectedWriter, type PictureToKeep } from './collectedWriter.ts';
import type { CollectionManifest } from './collectionManifest.ts';

const manifest: CollectionManifest = {
  version: 1,
  model: { id: 'toy', hashes: { 'unet/model.onnx': 'a'.repeat(64) } },
  provider: 'cpu',
  versions: { featurescope: '0.1.0', onnxruntime: '1.30.0' },
  blocks: [
    {
      block: 'down.0.0',
      path: 'down_blocks.0.attentions.0',
      dModel: 3,
      cellsHigh: 2,
      cellsWide: 1,
    },
    { block: 'mid.0', path: 'mid_block.attentions.0', dModel: 2, cellsHigh: 1, cellsWide: 1 },
  ],
  steps: [0, 3],
  stepCount: 4,
  scheduler: 'EulerDiscreteScheduler',
  guidanceScale: 0,
  negativePrompt: '',
  width: 8,
  height: 4,
  pictureWidth: 4,
  pictureHeight: 2,
  dtype: 'float16',
  prompts: { kind: 'text', name: 'p.txt', sha256: 'b'.repeat(64), picturesPerPrompt: 1 },
  seeds: { rule: 'consecutive', first: 7 },
  pictureCount: 8,
  batchSize: 3,
};

/** Whole numbers, which float16 holds exactly, that tell picture, block, step and place apart. */
const valueOf = (index: number, b: number, s: number, channel: number, cell: number): number =>
  index * 100 + b * 50 + s * 20 + channel * 3 + cell;

function pictureNumber(index: number): PictureToKeep {
  return {
    prompt: `prompt "${String(index)}" – ünï\n`,
    seed: 7 + index,
    picture: { width: 8, height: 4, rgb: new Uint8Array(96).fill(index * 10) },
    updates: manifest.blocks.map(({ dModel, cellsHigh, cellsWide }, b) =>
      manifest.steps.map((_, s) =>
        Float32Array.from({ length: dModel * cellsHigh * cellsWide }, (_unused, i) =>
          valueOf(
            index,
            b,
            s,
            Math.floor(i / (cellsHigh * cellsWide)),
            i % (cellsHigh * cellsWide),
          ),
        ),
      ),
    ),
  };
}

async function write(dir: string, from: number, to: number): Promise<number> {
  const writer = await CollectedWriter.open(dir, manifest);
  assert.equal(writer.savedCount, from);
  for (let index = from; index < to; index++) await writer.add(pictureNumber(index));
  writer.close();
  return writer.savedCount;
}

const filesOf = (dir: string): Map<string, string> =>
  new Map(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== '.lock')
      .map((entry): [string, string] => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(dir.length), readFileSync(path, 'base64')];
      })
      .sort(),
  );

describe('a collected set', () => {
  const dirs: string[] = [];
  const fresh = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'featurescope-set-'));
    dirs.push(dir);
    return dir;
  };
  afterEach(() => {
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
  });

  it('gives back rows, pictures and updates of any range, cells before channels', async () => {
    const dir = fresh();
    assert.equal(await write(dir, 0, 8), 8);
    const set = await openCollectedSet(dir);
    assert.equal(set.pictureCount, 8);
    assert.deepEqual(set.manifest, manifest);
    const rows = await set.pictures(2, 7);
    assert.deepEqual(
      rows.map(({ index, seed, prompt }) => [index, seed, prompt]),
      [2, 3, 4, 5, 6].map((i) => [i, 7 + i, `prompt "${String(i)}" – ünï\n`]),
    );
    // Width and height stand in the first chunk of a PNG.
    const png = readFileSync(join(dir, rows[0]!.file));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [4, 2]);
    for (const [from, to] of [
      [0, 8],
      [1, 2],
      [2, 4],
      [6, 8],
      [8, 8],
    ] as const) {
      const got = await set.updates('down_blocks.0.attentions.0', 3, from, to);
      const expected: number[] = [];
      for (let index = from; index < to; index++) {
        for (const cell of [0, 1]) {
          for (const channel of [0, 1, 2]) expected.push(valueOf(index, 0, 1, channel, cell));
        }
      }
      assert.deepEqual([...got], expected);
    }
  });

  it('goes on after a stop at any picture with the same bytes, and drops a line that was cut short', async () => {
    const whole = fresh();
    await write(whole, 0, 8);
    const broken = fresh();
    assert.equal(await write(broken, 0, 2), 0);
    assert.equal(await write(broken, 0, 5), 3);
    appendFileSync(join(broken, 'rows.jsonl'), '{"from":3,"to":6,"shard":{"sizeB');
    assert.equal((await openCollectedSet(broken)).pictureCount, 3);
    assert.equal(await write(broken, 3, 8), 8);
    assert.equal(await write(broken, 8, 8), 8);
    assert.deepEqual(filesOf(broken), filesOf(whole));
  });

  it('refuses two writers, another set, and a folder with something else in it', async () => {
    const dir = fresh();
    const writer = await CollectedWriter.open(dir, manifest);
    await assert.rejects(CollectedWriter.open(dir, manifest), /Another job writes/);
    writer.close();
    await assert.rejects(
      CollectedWriter.open(dir, { ...manifest, guidanceScale: 5, steps: [0] }),
      /differs in steps, guidanceScale|differs in guidanceScale, steps/,
    );
    const other = fresh();
    writeFileSync(join(other, 'thesis.tex'), '');
    await assert.rejects(CollectedWriter.open(other, manifest), /not empty/);
    await assert.rejects(openCollectedSet(other), { code: 'invalidInput' });
  });

  it('refuses updates that float16 cannot hold, and ranges that are not there', async () => {
    const dir = fresh();
    const writer = await CollectedWriter.open(dir, manifest);
    for (const bad of [NaN, Infinity, 70_000]) {
      const { updates, ...rest } = pictureNumber(0);
      updates[1]![0]![1] = bad;
      await assert.rejects(writer.add({ ...rest, updates }), new RegExp(`mid.0 .* ${String(bad)}`));
    }
    writer.close();
    await write(dir, 0, 8);
    const set = await openCollectedSet(dir);
    await assert.rejects(set.updates('mid.0', 1, 0, 1), /0, 3/);
    await assert.rejects(set.updates('up.0.0', 0, 0, 1), /down\.0\.0, mid\.0/);
    await assert.rejects(set.updates('mid.0', 0, 4, 9), /from 0 to 8/);
    await assert.rejects(set.pictures(0.5, 1), /from 0 to 8/);
  });

  it('refuses manifests, rows and shards that were changed, by name', async () => {
    const change = async (name: string, edit: (text: string) => string): Promise<void> => {
      const dir = fresh();
      await write(dir, 0, 8);
      const path = join(dir, name);
      writeFileSync(path, edit(readFileSync(path, 'latin1')), 'latin1');
      const use = async (): Promise<void> => {
        const set = await openCollectedSet(dir);
        await set.pictures(0, 8);
        await set.updates('mid.0', 0, 0, 8);
      };
      await assert.rejects(use, { code: 'model' }, name);
    };
    await change('collection.json', (text) => text.replace('"batchSize": 3', '"batchSize": 2'));
    await change('collection.json', (text) => text.replace('"dModel": 2', '"dModel": 1e12'));
    await change('collection.json', () => '[]');
    await change('rows.jsonl', (text) => text.replace('"from":3', '"from":2'));
    await change('rows.jsonl', (text) => text.replace('"seed":9', '"seed":-1'));
    await change('shards/0000/0000001.safetensors', (text) => text.slice(0, -2));
    await change('shards/0000/0000001.safetensors', (text) => text.replace('mid.0/0', 'mid.1/0'));
  });
});
