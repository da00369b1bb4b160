const { fround } = Math;

/** As in diffusers, a scale of 1 or less means one conditional row and no guidance. */
export const isGuided = (guidanceScale: number): boolean => guidanceScale > 1;

/**
 * Classifier-free guidance: `u + g (c - u)`.
 *
 * @param output f32 `[2, ...]`, the unconditional row first
 * @returns f32 `[...]`
 * @source diffusers 0.42.1 `StableDiffusionXLPipeline`; Ho and Salimans 2022
 */
export function guide(output: Float32Array, guidanceScale: number): Float32Array {
  const scale = fround(guidanceScale);
  const size = output.length / 2;
  const conditional = output.subarray(size);
  return output
    .subarray(0, size)
    .map((value, i) => value + fround(scale * fround((conditional[i] ?? 0) - value)));
}
