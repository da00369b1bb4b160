import type { BetaConfig } from './schedulerConfig.ts';

const { fround, sqrt } = Math;

/**
 * `alphas_cumprod`: how much of the picture is left at each training timestep, the product of `1 - beta`.
 *
 * Rounded to float32 where torch has float32 tensors; the running product is a double, as in torch on the CPU.
 *
 * @returns f32 `[num_train_timesteps]`, falling
 * @source diffusers 0.42.1, `EulerDiscreteScheduler.__init__`; checked against test/golden/schedulers.json
 */
export function cumulativeAlphas(config: BetaConfig): Float32Array {
  const betas = config.rescale_betas_zero_snr
    ? rescaleToZeroSnr(scheduleOf(config))
    : scheduleOf(config);
  return cumulativeProduct(betas.map((beta) => 1 - beta));
}

/** Noise over picture, `sqrt((1 - a) / a)`, at each training timestep. */
export function trainingSigmas(config: BetaConfig): Float32Array {
  const alphas = cumulativeAlphas(config);
  // Close to 0 without being 0, so that the first sigma is finite: float16's smallest number, as in diffusers.
  if (config.rescale_betas_zero_snr) alphas[alphas.length - 1] = 2 ** -24;
  return alphas.map((alpha) => sqrt(fround(fround(1 - alpha) / alpha)));
}

function scheduleOf(config: BetaConfig): Float32Array {
  const { num_train_timesteps: size, beta_start: start, beta_end: end } = config;
  if (config.beta_schedule === 'linear') return linspace(start, end, size);
  return linspace(sqrt(start), sqrt(end), size).map((root) => root * root);
}

/** torch.linspace in float32: from both ends towards the middle. */
function linspace(start: number, end: number, size: number): Float32Array {
  const [first, last] = [fround(start), fround(end)];
  const step = size > 1 ? fround(fround(last - first) / (size - 1)) : 0;
  return Float32Array.from({ length: size }, (_, i) =>
    i < size / 2 ? first + fround(step * i) : last - fround(step * (size - 1 - i)),
  );
}

function cumulativeProduct(factors: Float32Array): Float32Array {
  let product = 1;
  return factors.map((factor) => (product *= factor));
}

/**
 * Moves the schedule so that its last step is pure noise.
 *
 * @source Lin et al. 2023 (arXiv 2305.08891), algorithm 1, as diffusers has it
 */
function rescaleToZeroSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeProduct(betas.map((beta) => 1 - beta)).map(sqrt);
  const first = roots[0] ?? 0;
  const last = roots[roots.length - 1] ?? 0;
  const scale = fround(first / fround(first - last));
  const alphas = roots
    .map((root) => fround(fround(root - last) * scale))
    .map((root) => root * root);
  return alphas.map((alpha, i) => 1 - (i === 0 ? alpha : fround(alpha / (alphas[i - 1] ?? 1))));
}
