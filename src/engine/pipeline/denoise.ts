import type { TorchGenerator } from '../../numerics/random.ts';
import { modelError } from '../../protocol/errors.ts';
import { areFinite } from '../../numerics/image.ts';
import type { Conditioning } from './conditioning.ts';
import { guide, isGuided } from './guidance.ts';
import type { RunMeter } from './runMeter.ts';
import type { Schedule } from './schedulers/schedule.ts';
import type { LatentShape, Unet, UnetOptions, UnetOutput } from './unet.ts';

export interface DenoiseInput {
  readonly unet: Unet;
  readonly schedule: Schedule;
  /** Two rows, the unconditional first, when the scale is above 1; else one. */
  readonly conditioning: Conditioning;
  readonly guidanceScale: number;
  readonly shape: LatentShape;
  /** Gives the first latents and, after them, the ancestral noise. */
  readonly generator: TorchGenerator;
  /** Goes on from these latents, with the generator as it was then, instead of from noise. */
  readonly from?: { readonly stepIndex: number; readonly latents: Float32Array };
  readonly optionsOf?: (stepIndex: number) => UnetOptions;
  /** What is thrown when the latents stop being numbers; default: the model is to blame. */
  readonly failure?: () => Error;
  /** While the U-net works, before the step draws any noise. */
  readonly onStepBegun?: (stepIndex: number, latents: Float32Array) => void;
  readonly onStep?: (stepIndex: number, latents: Float32Array, output: UnetOutput) => void;
}

/**
 * From noise to the latents of a picture.
 *
 * @returns f32 `[channels, height, width]`, scaled as the U-net was trained
 * @throws `cancelled` between runs; `model` when the latents stop being numbers
 * @source diffusers 0.42.1 `StableDiffusionXLPipeline.__call__`; checked against test/golden/pipeline at every step
 */
export async function denoise(input: DenoiseInput, meter: RunMeter): Promise<Float32Array> {
  const { unet, schedule, conditioning, guidanceScale, shape, generator, from } = input;
  const { initNoiseSigma } = schedule;
  const size = shape.channels * shape.height * shape.width;
  let latents: Float32Array =
    from?.latents ?? generator.randn(size).map((value) => value * initNoiseSigma);
  for (const [stepIndex, timestep] of schedule.timesteps.entries()) {
    if (stepIndex < (from?.stepIndex ?? 0)) continue;
    const sample = schedule.scaleModelInput(latents, stepIndex);
    const predicting = unet.predict(
      { sample, shape, timestep, conditioning },
      meter,
      input.optionsOf?.(stepIndex),
    );
    const drawing = Promise.resolve().then(() => {
      input.onStepBegun?.(stepIndex, latents);
      return schedule.drawNoise(generator, size);
    });
    const [output, noise] = await Promise.all([predicting, drawing]);
    const { prediction } = output;
    const guided = isGuided(guidanceScale) ? guide(prediction, guidanceScale) : prediction;
    latents = schedule.step(guided, stepIndex, latents, noise);
    input.onStep?.(stepIndex, latents, output);
  }
  if (!areFinite(latents)) {
    throw (
      input.failure?.() ??
      modelError(
        'The U-net produced values that are not numbers; its weights or settings are wrong.',
      )
    );
  }
  return latents;
}
