import { luminance } from './luminance.ts';

const sigma = 1.5;
/** `int(truncate · sigma + 0.5)` with truncate 3.5: an 11 x 11 window. */
const radius = 5;
const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

const kernel = (() => {
  const raw = Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp((-0.5 * (i - radius) ** 2) / sigma ** 2),
  );
  const sum = raw.reduce((a, b) => a + b);
  return Float64Array.from(raw, (value) => value / sum);
})();

/**
 * Mean structural similarity of two pictures' luminance (0.299 R + 0.587 G + 0.114 B, of 255); 1 for equal ones.
 * The mean leaves out the 5 pixels at the border, as scikit-image does; pictures below 11 pixels have none and use all.
 *
 * @param one u8 `[height, width, 3]`
 * @source Wang et al. 2004; scikit-image 0.26 `structural_similarity(gaussian_weights=True, sigma=1.5,
 * use_sample_covariance=False, data_range=255)`; checked against test/golden/ssim.json, |Δ| <= 1e-9 (float64)
 */
export function ssim(one: Uint8Array, other: Uint8Array, width: number, height: number): number {
  const x = luminance(one);
  const y = luminance(other);
  const blur = (values: Float64Array): Float64Array => gaussian(values, width, height);
  const product = (a: Float64Array, b: Float64Array): Float64Array =>
    a.map((value, i) => value * (b[i] ?? 0));
  const [ux, uy] = [blur(x), blur(y)];
  const [uxx, uyy, uxy] = [blur(product(x, x)), blur(product(y, y)), blur(product(x, y))];
  const hasInner = width > 2 * radius && height > 2 * radius;
  const margin = hasInner ? radius : 0;
  let sum = 0;
  let count = 0;
  for (let row = margin; row < height - margin; row++) {
    for (let column = margin; column < width - margin; column++) {
      const i = row * width + column;
      const [mx, my] = [ux[i] ?? 0, uy[i] ?? 0];
      const vx = (uxx[i] ?? 0) - mx * mx;
      const vy = (uyy[i] ?? 0) - my * my;
      const vxy = (uxy[i] ?? 0) - mx * my;
      const above = (2 * mx * my + c1) * (2 * vxy + c2);
      sum += above / ((mx * mx + my * my + c1) * (vx + vy + c2));
      count++;
    }
  }
  return sum / count;
}

/** Along both axes; beyond the border the picture is mirrored, the edge pixel included. */
function gaussian(values: Float64Array, width: number, height: number): Float64Array {
  const down = new Float64Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let k = 0; k < kernel.length; k++) {
      const weight = kernel[k]!;
      const from = mirror(y + k - radius, height) * width;
      for (let x = 0; x < width; x++) down[y * width + x]! += weight * values[from + x]!;
    }
  }
  const across = new Float64Array(values.length);
  const places = Int32Array.from({ length: width + 2 * radius }, (_, i) => mirror(i - radius, width)); // prettier-ignore
  const line = new Float64Array(places.length);
  for (let start = 0; start < values.length; start += width) {
    for (let i = 0; i < line.length; i++) line[i] = down[start + places[i]!]!;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * line[x + k]!;
      across[start + x] = sum;
    }
  }
  return across;
}

function mirror(index: number, count: number): number {
  const period = 2 * count;
  const inside = ((index % period) + period) % period;
  return inside < count ? inside : period - 1 - inside;
}
