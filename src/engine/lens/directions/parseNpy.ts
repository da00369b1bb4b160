import { invalidInput } from '../../../protocol/errors.ts';

const magic = [0x93, ...new TextEncoder().encode('NUMPY')];

/**
 * A `.npy` file of float32 or float64, little-endian, row-major. Its header is a Python dictionary; it is matched, never
 * evaluated.
 *
 * @throws `invalidInput` for anything else
 * @source numpy.lib.format, versions 1.0 to 3.0
 */
export function parseNpy(
  bytes: Uint8Array,
  file: string,
): { shape: readonly number[]; values: Float32Array } {
  const refuse = (why: string): Error => invalidInput(`${file} is not read: ${why}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin1 = new TextDecoder('latin1');
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw refuse('it is no numpy array');
  }
  const isLong = (bytes[6] ?? 0) >= 2;
  const start = isLong ? 12 : 10;
  const headerSize = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  if (start + headerSize > bytes.length) throw refuse('its header is cut off');
  const header = latin1.decode(bytes.subarray(start, start + headerSize));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const isFortran = /'fortran_order':\s*True/.test(header);
  const dims = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (dims === undefined) throw refuse('its shape is missing');
  const shape = dims.split(',').flatMap((dim) => (dim.trim() === '' ? [] : [Number(dim)]));
  if (isFortran && shape.length > 1) throw refuse('it is stored column by column');
  if (descr !== '<f4' && descr !== '<f8') {
    throw refuse(`its type is ${descr ?? 'missing'}; float32 and float64 are read`);
  }
  const size = shape.reduce((a, b) => a * b, 1);
  const itemSize = descr === '<f4' ? 4 : 8;
  const at = start + headerSize;
  if (bytes.length - at !== size * itemSize) {
    throw refuse(
      `it has ${String(bytes.length - at)} bytes of data for the shape [${shape.join(', ')}]`,
    );
  }
  const values = Float32Array.from({ length: size }, (_, i) =>
    itemSize === 4 ? view.getFloat32(at + 4 * i, true) : view.getFloat64(at + 8 * i, true),
  );
  return { shape, values };
}
