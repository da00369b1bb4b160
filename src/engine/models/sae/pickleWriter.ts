import { opcodes } from '../pickleOpcodes.ts';

/** A tensor as torch's pickles describe it: a strided view of storage `key`. */
export interface TensorToPickle {
  readonly key: string;
  readonly storageType: 'FloatStorage' | 'LongStorage';
  readonly elements: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Text, number, dict of those, or a tensor: all that a state dict needs. */
export type PickleInput = string | number | TensorToPickle | ReadonlyMap<string, PickleInput>;

/**
 * Pickles a state dict as `torch.save` does (protocol 2, `_rebuild_tensor_v2`), without a memo.
 *
 * @source torch 2.15 torch/_tensor.py `_reduce_ex_internal`; read back by `torch.load(weights_only=True)` in the fixture script
 */
export function writePickle(value: PickleInput): Uint8Array {
  const out: number[] = [opcodes.PROTO, 2];
  write(out, value);
  out.push(opcodes.STOP);
  return Uint8Array.from(out);
}

function int32(out: number[], value: number): void {
  out.push(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255);
}

function integer(out: number[], value: number): void {
  if (value >= 0 && value < 256) out.push(opcodes.BININT1, value);
  else if (Math.abs(value) < 2 ** 31) {
    out.push(opcodes.BININT);
    int32(out, value);
  } else {
    out.push(opcodes.LONG1, 8);
    const big = BigInt.asUintN(64, BigInt(value));
    for (let shift = 0n; shift < 64n; shift += 8n) out.push(Number((big >> shift) & 255n));
  }
}

function text(out: number[], value: string): void {
  const bytes = new TextEncoder().encode(value);
  out.push(opcodes.BINUNICODE);
  int32(out, bytes.length);
  out.push(...bytes);
}

function global(out: number[], module: string, name: string): void {
  out.push(opcodes.GLOBAL, ...new TextEncoder().encode(`${module}\n${name}\n`));
}

function integers(out: number[], values: readonly number[]): void {
  out.push(opcodes.MARK);
  for (const value of values) integer(out, value);
  out.push(opcodes.TUPLE);
}

function write(out: number[], value: PickleInput): void {
  if (typeof value === 'string') text(out, value);
  else if (typeof value === 'number') integer(out, value);
  else if ('key' in value) tensor(out, value);
  else {
    out.push(opcodes.EMPTY_DICT, opcodes.MARK);
    for (const [key, item] of value) {
      text(out, key);
      write(out, item);
    }
    out.push(opcodes.SETITEMS);
  }
}

/** `_rebuild_tensor_v2(persistent storage, 0, shape, strides, False, OrderedDict())`. */
function tensor(out: number[], { key, storageType, elements, shape, strides }: TensorToPickle): void {
  global(out, 'torch._utils', '_rebuild_tensor_v2');
  out.push(opcodes.MARK, opcodes.MARK);
  text(out, 'storage');
  global(out, 'torch', storageType);
  text(out, key);
  text(out, 'cpu');
  integer(out, elements);
  out.push(opcodes.TUPLE, opcodes.BINPERSID);
  integer(out, 0);
  integers(out, shape);
  integers(out, strides);
  out.push(opcodes.NEWFALSE);
  global(out, 'collections', 'OrderedDict');
  out.push(opcodes.EMPTY_TUPLE, opcodes.REDUCE, opcodes.TUPLE, opcodes.REDUCE);
}
