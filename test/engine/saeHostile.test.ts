import assert from 'node:assert/strict';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { opcodes } from '../../src/engine/models/pickleOpcodes.ts';
import { openSafetensors } from '../../src/engine/models/safetensors.ts';
import { openTorchFile, tensorsOf } from '../../src/engine/models/torchFile.ts';
import { golden } from './saeFixtures.ts';

const torchFolder = join(golden, 'torch');
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'featurescope-hostile-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

describe('torch files', () => {
  for (const name of ['kinds.pt', 'protocol4.pt']) {
    it(`reads every dtype and layout as torch does: ${name}`, async () => {
      const torch = await openTorchFile(join(torchFolder, name));
      const plain = await openSafetensors(join(torchFolder, 'kinds.safetensors'));
      const tensors = tensorsOf(torch.root, name);
      assert.deepEqual([...tensors.keys()].sort(), [...plain.tensors.keys()].sort());
      for (const [key, tensor] of tensors) {
        const expected = plain.tensors.get(key);
        assert.equal(tensor.dtype, expected?.dtype, key);
        assert.deepEqual(tensor.shape, expected?.shape, key);
        assert.deepEqual(await tensor.readBytes(), await expected?.readBytes(), key);
      }
      assert.ok(torch.root instanceof Map);
      assert.equal(torch.root.get('negative'), -70000);
      assert.equal(torch.root.get('big'), 2 ** 40);
      assert.deepEqual(torch.root.get('list'), [1, 2.5, 'a']);
      await Promise.all([torch.close(), plain.close()]);
    });
  }

  it("reads a module's state_dict with its _metadata", async () => {
    const torch = await openTorchFile(join(torchFolder, 'module.pt'));
    assert.deepEqual([...tensorsOf(torch.root, 'module.pt').keys()], ['weight', 'bias']);
    await torch.close();
  });

  const refusals: Readonly<Record<string, RegExp>> = {
    'refused-system.pt': /asks Python for "posix\.system".*runs nothing/,
    'refused-legacy.pt': /before torch 1\.6/,
    'refused-module.pt': /asks Python for "torch\.nn\.modules\.linear\.Linear"/,
    'refused-expanded.pt': /strides \[0, 0\] from 0 puts two elements in one place/,
    'refused-sparse.pt': /asks Python for "torch\._utils\._rebuild_sparse_tensor"/,
    'refused-complex.pt': /asks Python for "torch\.ComplexFloatStorage"/,
    'refused-script.pt': /TorchScript/,
    'refused-nested.zip': /an archive around "inner\/kinds\.pt"/,
    'refused-deflated.pt': /is compressed \(method 8\)/,
    'refused-bomb.pt': /is compressed \(method 8\)/,
    'kinds.safetensors': /no ZIP archive/,
  };
  for (const [name, message] of Object.entries(refusals)) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(openTorchFile(join(torchFolder, name)), { code: 'model', message });
      await assert.rejects(access('pwned'));
    });
  }
});

/** A pickle from opcodes, numbers and texts. */
function pickle(...parts: (number | string | number[])[]): Uint8Array {
  const bytes = parts.flatMap((part) =>
    typeof part === 'string'
      ? [opcodes.BINUNICODE, ...int32(part.length), ...Buffer.from(part)]
      : part,
  );
  return Uint8Array.from([opcodes.PROTO, 2, ...bytes, opcodes.STOP]);
}
const int32 = (value: number): number[] => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  (value >> 24) & 255,
];
const long = (value: bigint): number[] => [
  opcodes.LONG1,
  8,
  ...Array.from({ length: 8 }, (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i)))),
];
const global = (module: string, name: string): number[] => [
  opcodes.GLOBAL,
  ...Buffer.from(`${module}\n${name}\n`),
];

/** A tensor over storage 0 of four floats, with whatever numbers. */
function tensorPickle(
  elements: bigint,
  offset: bigint,
  shape: bigint[],
  strides: bigint[],
): Uint8Array {
  return pickle(
    global('torch._utils', '_rebuild_tensor_v2'),
    opcodes.MARK,
    opcodes.MARK,
    'storage',
    global('torch', 'FloatStorage'),
    '0',
    'cpu',
    long(elements),
    opcodes.TUPLE,
    opcodes.BINPERSID,
    long(offset),
    opcodes.MARK,
    shape.flatMap(long),
    opcodes.TUPLE,
    opcodes.MARK,
    strides.flatMap(long),
    opcodes.TUPLE,
    opcodes.NEWFALSE,
    global('collections', 'OrderedDict'),
    opcodes.EMPTY_TUPLE,
    opcodes.REDUCE,
    opcodes.TUPLE,
    opcodes.REDUCE,
  );
}

async function openPickle(bytes: Uint8Array): Promise<unknown> {
  const path = join(folder, 'crafted.pt');
  await writeFile(
    path,
    zipSync({ 'x/data.pkl': bytes, 'x/data/0': new Uint8Array(16) }, { level: 0 }),
  );
  const file = await openTorchFile(path);
  await file.close();
  return file.root;
}

describe('crafted torch files', () => {
  const cases: [string, Uint8Array, RegExp][] = [
    [
      'a storage larger than its entry',
      tensorPickle(2n ** 30n, 0n, [4n], [1n]),
      /needs 4294967296 bytes, the archive has 16/,
    ],
    ['a storage of impossible size', tensorPickle(2n ** 52n, 0n, [4n], [1n]), /impossible shape/],
    [
      'a shape that overflows',
      tensorPickle(4n, 0n, [2n ** 31n, 2n ** 31n, 2n ** 31n], [1n, 1n, 1n]),
      /elements/,
    ],
    [
      'an offset behind the end',
      tensorPickle(4n, 3n, [2n], [1n]),
      /leaves its storage of 4 elements/,
    ],
    [
      'strides that leave the storage',
      tensorPickle(4n, 0n, [2n, 2n], [3n, 1n]),
      /leaves its storage/,
    ],
    ['strides that overlap', tensorPickle(4n, 0n, [2n, 3n], [1n, 1n]), /two elements in one place/],
    ['a negative stride', tensorPickle(4n, 3n, [4n], [-1n]), /a tensor is malformed/],
    ['a negative size', tensorPickle(4n, 0n, [-4n], [1n]), /a tensor is malformed/],
    ['fewer strides than axes', tensorPickle(4n, 0n, [2n, 2n], [1n]), /rank 2 has 1 strides/],
    [
      'bytes of negative length, which pickleparser follows backwards for ever',
      Uint8Array.of(0x42, 0xfb, 255, 255, 255),
      /BINBYTES/,
    ],
    ['an empty memo entry', pickle(opcodes.BINGET, 7), /recalls memo 7/],
    ['a mark that is not there', pickle(opcodes.TUPLE), /malformed/],
    ['a call of a text', pickle('posix', opcodes.EMPTY_TUPLE, opcodes.REDUCE), /malformed/],
    [
      'a hidden getattr',
      pickle('builtins', 'getattr', opcodes.STACK_GLOBAL),
      /asks Python for "builtins\.getattr"/,
    ],
    [
      'a new object',
      pickle(global('collections', 'OrderedDict'), opcodes.EMPTY_TUPLE, 0x81),
      /NEWOBJ/,
    ],
    [
      'a dict made from a list, copied again and again',
      pickle(
        global('collections', 'OrderedDict'),
        opcodes.EMPTY_LIST,
        opcodes.TUPLE1,
        opcodes.REDUCE,
      ),
      /other arguments/,
    ],
    [
      'a key twice',
      pickle(opcodes.EMPTY_DICT, 'a', 'b', opcodes.SETITEM, 'a', 'b', opcodes.SETITEM),
      /"a" is there twice/,
    ],
    ['a stream without an end', Uint8Array.of(opcodes.PROTO, 2), /cut short/],
    [
      'a million operations',
      new Uint8Array(1_000_000).fill(opcodes.NONE),
      /more than 500000 operations/,
    ],
    ['a description of 5 MB', new Uint8Array(5_000_000), /missing or too large/],
  ];
  for (const [name, bytes, message] of cases) {
    it(`refuses ${name}`, () => assert.rejects(openPickle(bytes), { code: 'model', message }));
  }

  it('takes "__proto__" as a name like any other', async () => {
    const root = await openPickle(pickle(opcodes.EMPTY_DICT, '__proto__', 'x', opcodes.SETITEM));
    assert.ok(root instanceof Map && root.get('__proto__') === 'x');
  });

  it('refuses an end record with an offset of 2^64 - 1, which yauzl throws at where nobody can catch it', async () => {
    const end = Buffer.alloc(142);
    end.writeUInt32LE(0x07064b50, 100);
    end.fill(0xff, 108, 116);
    end.writeUInt32LE(0x06054b50, 120);
    await writeFile(join(folder, 'end.pt'), end);
    await assert.rejects(openTorchFile(join(folder, 'end.pt')), {
      code: 'model',
      message: /ZIP64 record lies outside/,
    });
  });
});

describe('crafted safetensors files', () => {
  const f32 = (shape: number[], begin: number, end: number) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const cases: [string, string | object, RegExp][] = [
    ['an overlap', { a: f32([2], 0, 8), b: f32([2], 4, 12) }, /"b" overlaps/],
    ['a hole', { a: f32([1], 0, 4), b: f32([1], 12, 16) }, /bytes 4 to 12 belong to no tensor/],
    ['data that nobody describes', { a: f32([1], 0, 4) }, /take 4 bytes, the file has 16/],
    [
      'a shape that overflows',
      { a: f32([2 ** 30, 2 ** 30], 0, 16) },
      /more than 2147483648 elements/,
    ],
    [
      'sizes whose product wraps to the right number',
      { a: f32([2 ** 32, 2 ** 32, 4], 0, 16) },
      /impossible shape/,
    ],
    [
      'offsets behind the end',
      { a: f32([2 ** 28], 0, 2 ** 30) },
      /take 1073741824 bytes, the file has 16/,
    ],
    ['offsets backwards', { a: f32([4], 16, 0) }, /needs 16 bytes, its offsets give -16/],
    [
      'a dtype that we do not read',
      { a: { dtype: 'F8_E4M3', shape: [16], data_offsets: [0, 16] } },
      /dtype F8_E4M3/,
    ],
    ['a negative size', { a: f32([-4], 0, 16) }, /malformed/],
    ['a fractional size', { a: f32([0.5, 8], 0, 16) }, /malformed/],
    ['nine axes', { a: f32([1, 1, 1, 1, 1, 1, 1, 1, 4], 0, 16) }, /malformed/],
    [
      'a name twice',
      '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"\\u0061":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}',
      /"a" is there twice/,
    ],
    [
      'a key of an entry twice',
      '{"a":{"dtype":"F32","shape":[4],"shape":[4],"data_offsets":[0,16]}}',
      /"shape" is there twice/,
    ],
    ['deep nesting', `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, /malformed/],
    ['a text of a million escapes', `{"${'\\"'.repeat(1_000_000)}":1}`, /name too long/],
    ['no object', '[]', /not an object/],
    ['no JSON', '{', /not JSON/],
    ['metadata that is no text', { __metadata__: { a: 1 }, b: f32([4], 0, 16) }, /__metadata__/],
  ];
  for (const [name, header, message] of cases) {
    it(`refuses ${name}`, async () => {
      const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(json.length));
      const path = join(folder, 'crafted.safetensors');
      await writeFile(path, Buffer.concat([length, json, Buffer.alloc(16)]));
      await assert.rejects(openSafetensors(path), { code: 'model', message });
    });
  }
  for (const length of [0xffff_ffff_ffff_ffffn, 2n ** 40n, 1000n]) {
    it(`refuses a header of ${String(length)} bytes in a file of 100`, async () => {
      const bytes = Buffer.alloc(100);
      bytes.writeBigUInt64LE(length);
      await writeFile(join(folder, 'long.safetensors'), bytes);
      await assert.rejects(openSafetensors(join(folder, 'long.safetensors')), {
        code: 'model',
        message: /a header of/,
      });
    });
  }
});
