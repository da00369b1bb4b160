const table = new Float32Array(65536);
let isTableReady = false;

function widenHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * IEEE binary16 bits to float32; exact for every value, since float32 holds all of float16.
 *
 * @param bits u16 `[n]`
 */
export function halfToFloat32(bits: Uint16Array): Float32Array {
  if (!isTableReady) {
    for (let i = 0; i < 65536; i++) table[i] = widenHalf(i);
    isTableReady = true;
  }
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i] ?? 0] ?? 0;
  return out;
}

/**
 * bfloat16 bits to float32: the upper half of the same number.
 *
 * @param bits u16 `[n]`
 */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(out.buffer);
}

/**
 * float32 to IEEE binary16 bits, round to nearest, ties to even; too large becomes infinity, as in numpy.
 *
 * @param values f32 `[n]`
 */
export function float32ToHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? 0;
    const sign = (word >>> 16) & 0x8000;
    const exponent = (word >>> 23) & 255;
    const mantissa = word & 0x7fffff;
    if (exponent === 255) {
      out[i] = sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
    } else if (exponent > 112) {
      // Rebias and round on the joined exponent and mantissa: a carry moves into the exponent by itself.
      const joined = ((exponent - 112) << 23) | mantissa;
      const rounded = (joined + 0xfff + ((joined >>> 13) & 1)) >>> 13;
      out[i] = sign | Math.min(rounded, 0x7c00);
    } else if (exponent < 102) {
      out[i] = sign;
    } else {
      const shift = 126 - exponent; // 14 ... 24
      const full = mantissa | 0x800000;
      const half = 2 ** (shift - 1);
      const quotient = full >>> shift;
      const rest = full - quotient * 2 ** shift;
      out[i] = sign | (quotient + (rest > half || (rest === half && (quotient & 1) === 1) ? 1 : 0));
    }
  }
  return out;
}
