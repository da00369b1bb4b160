const linear = Float64Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  return share > 0.04045 ? ((share + 0.055) / 1.055) ** 2.4 : share / 12.92;
});

/** Of the white point D65, 2° observer. */
const [whiteX, whiteZ] = [0.95047, 1.08883];

const root = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);

/**
 * CIE L*a*b* of sRGB pixels, white point D65 (2° observer).
 *
 * @param rgb u8 `[pixels, 3]`
 * @returns f64 `[pixels, 3]`: L* 0 ... 100, a*, b*
 * @source IEC 61966-2-1 and CIE 15; scikit-image 0.26 `rgb2lab`; checked against test/golden/colour.json
 */
export function toLab(rgb: Uint8Array): Float64Array<ArrayBuffer> {
  const lab = new Float64Array(rgb.length);
  for (let at = 0; at < rgb.length; at += 3) {
    const [r, g, b] = [linear[rgb[at]!]!, linear[rgb[at + 1]!]!, linear[rgb[at + 2]!]!];
    const x = root((0.412453 * r + 0.35758 * g + 0.180423 * b) / whiteX);
    const y = root(0.212671 * r + 0.71516 * g + 0.072169 * b);
    const z = root((0.019334 * r + 0.119193 * g + 0.950227 * b) / whiteZ);
    lab[at] = 116 * y - 16;
    lab[at + 1] = 500 * (x - y);
    lab[at + 2] = 200 * (y - z);
  }
  return lab;
}
