import { areFinite, fromRgb, toRgb } from '../../numerics/image.ts';
import type { Picture } from '../../protocol/engine.ts';
import { type FeaturescopeError, modelError } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import type { VaeConfig } from '../models/configs.ts';
import type { OrtSession } from '../ort/ort.ts';
import { floatsOf, toTensor } from './feeds.ts';
import type { RunMeter } from './runMeter.ts';
import type { LatentShape } from './unet.ts';

/**
 * Pixels of latents: the decoder on `latents / scaling_factor`.
 *
 * @param latents f32 `[channels, height, width]`
 * @throws `cancelled`; `model` when the decoder's output is no picture
 */
export async function decodeLatents(
  session: OrtSession,
  config: VaeConfig,
  latents: Float32Array,
  { channels, height, width }: LatentShape,
  meter: RunMeter,
): Promise<Picture> {
  const unscaled = latents.map((value) => value / Math.fround(config.scaling_factor));
  const { dims, values } = await run(session, [1, channels, height, width], unscaled, meter);
  const [rows, colours, pixelsHigh = 0, pixelsWide = 0] = dims;
  const isHalf = [...session.inputs, ...session.outputs].some(({ dtype }) => dtype === 'float16');
  if (isHalf && (!areFinite(values) || isConstant(values))) throw overflowed(areFinite(values));
  if (rows !== 1 || colours !== 3 || !areFinite(values)) {
    throw modelError(
      `The VAE decoder made no picture: [${dims.join(', ')}], or not all are numbers. ${halfHint}`,
    );
  }
  return { width: pixelsWide, height: pixelsHigh, rgb: toRgb(values) };
}

/** SDXL's own decoder leaves float16's range (65,504) inside; what comes out is not a number, or one colour. */
const overflowed = (isFinite: boolean): FeaturescopeError =>
  modelError(
    `vae_decoder/model.onnx overflowed: it computes in float16, which ends at 65,504, and gave ${
      isFinite ? 'one colour everywhere' : 'values that are not numbers'
    }. Put a decoder in float32 in its place (optimum-cli export without --dtype fp16), or export the VAE ` +
      'madebyollin/sdxl-vae-fp16-fix, which stays within range.',
  );

const halfHint =
  'Where its weights are float16, they may have overflowed: a decoder in float32 does not.';

const isConstant = (values: Float32Array): boolean =>
  values.length > 3 && values.every((value) => value === values[0]);

/**
 * Latents of a picture: the encoder's output times `scaling_factor`; the mean where it gives a distribution.
 *
 * @returns f32 `[channels, height, width]`
 * @throws `cancelled`; `model` when the encoder's output has other channels than latents have
 * @source diffusers 0.42.1 `retrieve_latents` with `argmax`
 */
export async function encodePicture(
  session: OrtSession,
  config: VaeConfig,
  picture: Picture,
  meter: RunMeter,
): Promise<{ latents: Float32Array; shape: LatentShape }> {
  const input = fromRgb(picture.rgb);
  const { dims, values } = await run(session, [1, 3, picture.height, picture.width], input, meter);
  const [, made = 0, height = 0, width = 0] = dims;
  const { latent_channels: channels } = config;
  // Mean and log variance of a distribution come as twice the channels, the mean first.
  if (made !== channels && made !== 2 * channels) {
    throw modelError(
      `The VAE encoder gives ${String(made)} channels; latents have ${String(channels)}.`,
    );
  }
  const latents = values.slice(0, channels * height * width);
  const scale = Math.fround(config.scaling_factor);
  return { latents: latents.map((value) => value * scale), shape: { channels, height, width } };
}

/** Both graphs have one input and one output. */
async function run(
  session: OrtSession,
  dims: readonly number[],
  values: Float32Array,
  meter: RunMeter,
): Promise<{ dims: readonly number[]; values: Float32Array }> {
  const input = onlyOne(session.inputs, 'input');
  const output = onlyOne(session.outputs, 'output');
  const feeds = { [input.name]: toTensor(input, dims, values) };
  return floatsOf(await meter.run(session, feeds, { [output.name]: 'value' }), output.name);
}

function onlyOne(values: readonly ValueInfo[], kind: string): ValueInfo {
  const [first, ...others] = values;
  if (first && others.length === 0) return first;
  const names = values.map(({ name }) => name).join(', ');
  throw modelError(`A VAE's graph should have one ${kind}; this one has ${names || 'none'}.`);
}
