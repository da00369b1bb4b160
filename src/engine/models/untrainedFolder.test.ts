import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toyUnet } from '../../../test/support/toyUnet.ts';
import { TensorProto_DataLocation, type TensorProto } from '../onnx/generated/onnx_pb.js';
import { changeGraph, withFields } from '../onnx/graph.ts';
import { readGraph } from '../onnx/readGraph.ts';
import { writeGraph } from '../onnx/writeGraph.ts';
import { hashModelFiles } from './hash.ts';
import { readModelFolder } from './modelFolder.ts';
import { makeUntrained, whyNotUntrained } from './untrainedFolder.ts';

const embedded = join(import.meta.dirname, '..', '..', '..', 'models', 'mini');
const { signal } = new AbortController();
const forgetful = { get: () => undefined, set: () => undefined };

/** Weights beside the toy's own, by where and how they lie. [name, dims, element type, where] */
const added = [
  ['half.outside', [30, 40], 10, 'outside'],
  ['single.outside', [7, 11, 3, 3], 1, 'outside'],
  ['bias.outside', [64], 10, 'outside'],
  ['scale.outside', [64, 1, 1], 1, 'outside'],
  ['single.raw', [20, 5], 1, 'raw'],
  ['half.listed', [6, 8], 10, 'listed'],
  ['scale.listed', [1, 16], 1, 'listed'],
  ['bias.raw', [9], 1, 'raw'],
] as const;

/** Bits that are all different. */
const bitsOf = (dims: readonly number[], type: number): Uint16Array | Uint32Array => {
  const count = dims.reduce((a, b) => a * b, 1);
  const of = (_: unknown, i: number): number => (type === 10 ? 15_000 + i : 1_065_353_216 + 7 * i);
  return type === 10
    ? Uint16Array.from({ length: count }, of)
    : Uint32Array.from({ length: count }, of);
};
const bytesOf = ({ buffer }: Uint16Array | Uint32Array): Uint8Array => new Uint8Array(buffer);

const [template] = readGraph(toyUnet()).initializers.values();
const tensorOf = (fields: Partial<TensorProto>): TensorProto =>
  withFields(template!, { floatData: [], int32Data: [], int64Data: [], ...fields });

/** The toy U-net with the weights `added`, and the file beside it. */
function unetFiles(): { readonly graph: Uint8Array; readonly data: Buffer } {
  const parts: Buffer[] = [Buffer.alloc(16, 1)];
  const tensors = added.map(([name, dims, dataType, where]): TensorProto => {
    const bits = bitsOf(dims, dataType);
    const tensor = tensorOf({ name, dims: dims.map(BigInt), dataType });
    if (where === 'raw') tensor.rawData = bytesOf(bits);
    else if (where === 'listed' && dataType === 10) tensor.int32Data = [...bits];
    else if (where === 'listed') tensor.floatData = [...new Float32Array(bits.buffer)];
    else {
      const offset = Buffer.concat(parts).length;
      parts.push(Buffer.from(bytesOf(bits)), Buffer.alloc(8, 2));
      tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
      const entries = { location: 'model.onnx_data', offset: String(offset) };
      tensor.externalData = Object.entries(entries).map(([key, value]) => ({
        ...{ $typeName: 'onnx.StringStringEntryProto' as const, key, value },
      }));
    }
    return tensor;
  });
  const toy = readGraph(toyUnet());
  const graph = changeGraph(toy, { initializer: [...toy.initializers.values(), ...tensors] });
  return { graph: writeGraph(graph), data: Buffer.concat(parts) };
}

/** Every weight's values as numbers. */
function weightsIn(dir: string): ReadonlyMap<string, readonly number[]> {
  const data = readFileSync(join(dir, 'unet', 'model.onnx_data'));
  const { initializers } = readGraph(readFileSync(join(dir, 'unet', 'model.onnx')));
  return new Map(
    [...initializers].map(([name, tensor]) => {
      const { externalData, dims, dataType, rawData, floatData, int32Data, int64Data } = tensor;
      const offset = externalData.find(({ key }) => key === 'offset')?.value;
      if (offset === undefined && rawData.length === 0) {
        return [name, [...floatData, ...int32Data, ...int64Data.map(Number)]];
      }
      const width = dataType === 10 ? 2 : 4;
      const count = dims.map(Number).reduce((a, b) => a * b, 1);
      const from = Number(offset ?? 0);
      const bytes = offset === undefined ? rawData : data.subarray(from, from + width * count);
      const own = Uint8Array.from(bytes).buffer;
      return [name, [...(dataType === 10 ? new Uint16Array(own) : new Uint32Array(own))]];
    }),
  );
}

const sorted = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);

describe('makeUntrained', () => {
  let root: string;
  let model: string;
  let target: string;
  let hashes: Readonly<Record<string, string>>;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'untrained-'));
    model = join(root, 'model');
    const filter = (path: string): boolean => !/model\.onnx|classifier|\/index|saes/.test(path);
    await cp(embedded, model, { recursive: true, filter });
    for (const part of ['text_encoder', 'text_encoder_2', 'vae_decoder']) {
      await writeFile(join(model, part, 'model.onnx'), toyUnet());
    }
    const { graph, data } = unetFiles();
    await writeFile(join(model, 'unet', 'model.onnx'), graph);
    await writeFile(join(model, 'unet', 'model.onnx_data'), data);
    // Models that were downloaded may be read-only.
    await chmod(join(model, 'unet', 'model.onnx_data'), 0o444);
    hashes = await hashModelFiles((await readModelFolder(model)).files, forgetful);
  });
  beforeEach(async () => {
    target = join(await mkdtemp(join(root, 'report-')), 'untrained');
  });
  after(() => rm(root, { recursive: true }));

  const make = (seed = 1): Promise<void> => makeUntrained(model, target, { hashes, seed, signal });

  it('shuffles the values of every large weight within it, and nothing else', async () => {
    await make();
    const [before, after] = [weightsIn(model), weightsIn(target)];
    assert.deepEqual([...after.keys()], [...before.keys()]);
    const { initializers } = readGraph(readFileSync(join(model, 'unet', 'model.onnx')));
    const moved: string[] = [];
    for (const [name, values] of before) {
      const now = after.get(name) ?? [];
      assert.deepEqual(sorted(now), sorted(values), name);
      const isLarge = (initializers.get(name)?.dims.filter((size) => size > 1n).length ?? 0) > 1;
      const stayed = now.filter((value, i) => value === values[i]).length;
      if (isLarge) {
        moved.push(name);
        // One value stays on average, whatever the size.
        assert.ok(stayed <= 8, `${name}: ${String(stayed)} stayed`);
      } else assert.deepEqual(now, values, name);
    }
    const own = added.filter(([name]) => /^(half|single)/.test(name)).map(([name]) => name);
    assert.deepEqual(
      moved.filter((name) => name.includes('.')),
      own,
    );
    assert.ok(moved.length > 20, 'and those of the toy');
    // Gaps between weights stay, and the model is as it was.
    const data = readFileSync(join(target, 'unet', 'model.onnx_data'));
    assert.deepEqual(data.subarray(0, 16), Buffer.alloc(16, 1));
    const now = await hashModelFiles((await readModelFolder(model)).files, forgetful);
    assert.deepEqual(now, hashes);
  });

  it('is a model of its own: other files are the same, by a link; SAEs stay behind', async () => {
    await make();
    const folder = await readModelFolder(target);
    assert.equal(folder.description.id, 'featurescope-mini-untrained');
    const made = await hashModelFiles(folder.files, forgetful);
    assert.deepEqual(Object.keys(made), Object.keys(hashes));
    const changed = Object.keys(made).filter((name) => made[name] !== hashes[name]);
    assert.deepEqual(changed, ['unet/model.onnx', 'unet/model.onnx_data']);
    for (const name of ['vae_decoder/model.onnx', 'tokenizer/vocab.json']) {
      assert.equal(statSync(join(target, name)).ino, statSync(join(model, name)).ino, name);
    }
    assert.ok(!existsSync(join(target, 'saes')) && !existsSync(`${target}.part`));
  });

  it('the seed decides; what is whole is taken as it is, what is not is made anew', async () => {
    const path = join(target, 'unet', 'model.onnx_data');
    // As an interruption leaves it.
    await cp(join(model, 'unet'), join(`${target}.part`, 'unet'), { recursive: true });
    await make();
    const [first, { ino }] = [readFileSync(path), statSync(path)];
    assert.ok(!existsSync(`${target}.part`));
    await make();
    assert.equal(statSync(path).ino, ino);
    await make(2);
    assert.notDeepEqual(readFileSync(path), first);
    await make();
    assert.deepEqual(readFileSync(path), first);
    truncateSync(path, 100);
    await make();
    assert.deepEqual(readFileSync(path), first);
    const other = { ...hashes, 'unet/config.json': 'another' };
    const before = statSync(path).ino;
    await makeUntrained(model, target, { hashes: other, seed: 1, signal });
    assert.notEqual(statSync(path).ino, before);
  });

  it('one that is cancelled leaves no folder', async () => {
    const cancelled = AbortSignal.abort(new Error('enough'));
    await assert.rejects(
      makeUntrained(model, target, { hashes, seed: 1, signal: cancelled }),
      /enough/,
    );
    assert.ok(!existsSync(target));
  });

  it('says why there can be none', async () => {
    assert.equal(await whyNotUntrained(model), undefined);
    assert.match((await whyNotUntrained(model, 1000)) ?? '', /^it has 1 MiB; up to 1 MiB are/);
    const large = { hashes, seed: 1, signal, bytesMax: 1000 };
    await assert.rejects(makeUntrained(model, target, large), /cannot be shuffled: it has 1 MiB/);
    assert.ok(!existsSync(target) && !existsSync(`${target}.part`));

    const dir = join(root, 'quantised');
    await cp(model, dir, { recursive: true });
    const graph = readGraph(readFileSync(join(model, 'unet', 'model.onnx')));
    const tensor = tensorOf({
      ...{ name: 'quantised', dims: [2n, 2n], dataType: 3, rawData: new Uint8Array(4) },
    });
    const initializer = [...graph.initializers.values(), tensor];
    await writeFile(join(dir, 'unet', 'model.onnx'), writeGraph(changeGraph(graph, { initializer }))); // prettier-ignore
    assert.match((await whyNotUntrained(dir)) ?? '', /"quantised" is neither float16 nor float32/);
  });
});
