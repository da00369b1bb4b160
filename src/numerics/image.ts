const { fround } = Math;

/**
 * Pixels of a decoded picture as diffusers shows them: `round(clamp(x / 2 + 0.5, 0, 1) · 255)`, halves to even.
 *
 * @param values f32 `[3, height, width]`, -1 ... 1
 * @returns u8 `[height, width, 3]`
 * @source diffusers 0.42.1 `VaeImageProcessor.postprocess`; checked against test/golden/pipeline
 */
export function toRgb(values: Float32Array): Uint8Array<ArrayBuffer> {
  const pixelCount = values.length / 3;
  // This array type clamps and rounds halves to even by itself, as numpy does.
  const rgb = new Uint8ClampedArray(values.length);
  for (let channel = 0; channel < 3; channel++) {
    const plane = values.subarray(channel * pixelCount, (channel + 1) * pixelCount);
    for (let i = 0; i < pixelCount; i++) {
      rgb[3 * i + channel] = fround(fround((plane[i] ?? 0) * 0.5 + 0.5) * 255);
    }
  }
  return new Uint8Array(rgb.buffer);
}

/**
 * A picture as a VAE encoder takes it: `x / 127.5 - 1`.
 *
 * @param rgb u8 `[height, width, 3]`
 * @returns f32 `[3, height, width]`
 */
export function fromRgb(rgb: Uint8Array): Float32Array<ArrayBuffer> {
  const pixelCount = rgb.length / 3;
  const values = new Float32Array(rgb.length);
  for (let channel = 0; channel < 3; channel++) {
    for (let i = 0; i < pixelCount; i++) {
      values[channel * pixelCount + i] = fround((rgb[3 * i + channel] ?? 0) / 127.5) - 1;
    }
  }
  return values;
}

/** Whether all values are numbers, and none infinite. */
export function areFinite(values: Float32Array): boolean {
  // 0 unless one of them is NaN or infinite; by index, which takes half as long as `for of`.
  let zero = 0;
  let i = values.length;
  while (i-- > 0) zero += (values[i] ?? 0) * 0;
  return zero === 0;
}
