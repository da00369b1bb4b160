import { zipSync } from 'fflate';

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/**
 * Arrays as numpy's `.npz`: a ZIP of `.npy` files, little-endian, row-major; `numpy.load(file)[name]` gives them back.
 *
 * @source numpy.lib.format version 1.0; loaded with numpy 2 by hand
 */
export function encodeNpz(arrays: readonly NamedArray[]): Uint8Array {
  return zipSync(
    Object.fromEntries(arrays.map((array) => [`${array.name}.npy`, encodeNpy(array)])),
  );
}

function encodeNpy({ shape, values }: NamedArray): Uint8Array {
  const descr = values instanceof Float32Array ? '<f4' : '<i4';
  const dims = shape.length === 1 ? `${String(shape[0])},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  // Magic, version, length and dictionary together fill a multiple of 64 bytes, ended by a line feed.
  const size = Math.ceil((dictionary.length + 11) / 64) * 64;
  const header = Buffer.alloc(size, ' ');
  header.write('\u0093NUMPY\u0001\u0000', 0, 'latin1');
  header.writeUInt16LE(size - 10, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', size - 1, 'latin1');
  return Buffer.concat([header, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}
