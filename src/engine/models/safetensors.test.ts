import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from './safetensors.ts';
import { findDuplicateKey } from './safetensorsDuplicateKey.ts';
import { writeSafetensors, type TensorToWrite } from './safetensorsWriter.ts';
import { float32ToHalf, halfToFloat32 } from '../../numerics/halfPrecision.ts';
import { readFloat32 } from './sae/storedTensor.ts';

const f32 = (name: string, values: number[]): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape: [values.length],
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

describe('safetensors', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'featurescope-safetensors-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('writes aligned tensors without holes and reads them back', async () => {
    const tensors = [f32('a', [1, 2, 3]), f32('empty', []), f32('b', [4]), { ...f32('bits', [0]), dtype: 'I64' as const, shape: [], bytes: new Uint8Array(8).fill(1) }];
    const { bytes, offsets } = writeSafetensors(tensors, { b: '2', a: '1' });
    assert.deepEqual(bytes, writeSafetensors(tensors, { a: '1', b: '2' }).bytes);
    for (const offset of offsets.values()) assert.equal(offset % 64, 0);
    const path = join(folder, 'a.safetensors');
    await writeFile(path, bytes);
    const file = await openSafetensors(path);
    assert.deepEqual(Object.fromEntries(file.metadata), { a: '1', b: '2' });
    const read = async (name: string) => {
      const tensor = file.tensors.get(name);
      return tensor === undefined ? undefined : [...(await readFloat32(tensor))];
    };
    assert.deepEqual([await read('a'), await read('empty'), await read('b')], [[1, 2, 3], [], [4]]);
    assert.deepEqual(await read('bits'), [Number(0x0101010101010101n)].map(Math.fround));
    await file.close();
  });

  it('refuses to write what does not fit', () => {
    assert.throws(() => writeSafetensors([{ ...f32('a', [1]), shape: [2] }]), { code: 'invalidInput', message: /needs 8 bytes, got 4/ });
    assert.throws(() => writeSafetensors([f32('a', [1]), f32('a', [2])]), /Two tensors are named "a"/);
  });

  it('finds a key that is there twice, at any depth, and no other', () => {
    assert.equal(findDuplicateKey('{"a":1,"b":{"a":1},"c":["a","a"],"d":"\\"a\\":"}'), undefined);
    assert.equal(findDuplicateKey('{"a":{"x":1,"y":[{"x":1}],"x" : 2}}'), 'x');
    assert.equal(findDuplicateKey('{"\\u0061":1,"a":2}'), 'a');
  });
});

describe('half precision', () => {
  it('widens and narrows all 65,536 values without change', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const back = float32ToHalf(halfToFloat32(bits));
    bits.forEach((word, i) => {
      const isNaN = (word & 0x7c00) === 0x7c00 && (word & 0x3ff) !== 0;
      if (isNaN) assert.ok((back[i] ?? 0) > 0x7c00);
      else assert.equal(back[i], word);
    });
  });

  it('rounds to nearest, ties to even, as numpy does', () => {
    // np.float16(x).view(np.uint16), numpy 2.4
    const cases: [number, number][] = [
      [1 + 2 ** -11, 0x3c00], [1 + 3 * 2 ** -11, 0x3c02], [1 + 2 ** -11 + 2 ** -20, 0x3c01], [65519.99, 0x7bff], [65520, 0x7c00],
      [2 ** -24, 1], [2 ** -25, 0], [2 ** -25 * 1.01, 1], [1.5 * 2 ** -24, 2], [6.1e-5, 0x03ff], [-0, 0x8000], [1e-9, 0],
    ];
    const out = float32ToHalf(Float32Array.from(cases, ([value]) => value));
    cases.forEach(([value, expected], i) => {
      assert.equal(out[i], expected, String(value));
    });
  });
});
