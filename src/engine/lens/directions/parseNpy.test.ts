import assert from 'node:assert/strict';
import { parseNpy } from './parseNpy.ts';

function npy(header: string, data: Uint8Array): Uint8Array {
  const text = `${header.padEnd(117, ' ')}\n`;
  return Uint8Array.from([
    ...[0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0],
    ...Buffer.from(text, 'latin1'),
    ...data,
  ]);
}
const floats = (...values: number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(values).buffer);
const head = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;

describe('parseNpy', () => {
  it('reads float32 and float64', () => {
    assert.deepEqual(parseNpy(npy(head('<f4', '2,'), floats(1.5, -2)), 'v.npy'), {
      shape: [2],
      values: Float32Array.of(1.5, -2),
    });
    const doubles = new Uint8Array(Float64Array.of(0.25, 3).buffer);
    assert.deepEqual(parseNpy(npy(head('<f8', '1, 2'), doubles), 'v.npy').shape, [1, 2]);
  });

  it('refuses everything else', () => {
    const refused: readonly (readonly [Uint8Array, RegExp])[] = [
      [new Uint8Array(3), /no numpy array/],
      [npy(head('<f4', '3,'), floats(1, 2)), /8 bytes of data for the shape \[3\]/],
      [npy(head('|O', '2,'), floats(1, 2)), /type is \|O/],
      [npy(head('>f4', '2,'), floats(1, 2)), /type is >f4/],
      [npy(head('<f4', '2, 1', 'True'), floats(1, 2)), /column by column/],
      [npy('{}', floats(1)), /shape is missing/],
      [npy(head('<f4', '2,'), floats(1, 2)).subarray(0, 40), /cut off/],
      [npy(head('<f4', '999999999999, 999999999999'), floats(1)), /4 bytes of data/],
    ];
    for (const [bytes, message] of refused) assert.throws(() => parseNpy(bytes, 'v.npy'), message);
  });
});
