import { TorchGenerator } from '../../numerics/random.ts';
import type { Picture } from '../../protocol/engine.ts';
import { invalidInput, modelError } from '../../protocol/errors.ts';
import type { ModelFolder } from '../models/modelFolder.ts';
import type { ModelSessions } from './modelSessions.ts';
import type { PictureContext, Prepared, Preparer } from './preparer.ts';
import { RunMeter } from './runMeter.ts';
import { addNoise, noiseMixAt } from './schedulers/addNoise.ts';
import type { StageSample } from './stageSamples.ts';
import type { TapReading } from './tapReadings.ts';
import type { LatentShape } from './unet.ts';
import { decodeLatents, encodePicture } from './vae.ts';

/** Latents of a picture that was not made here. */
export interface EncodedPicture {
  readonly latents: Float32Array; // [channels, height, width], scaled as the U-net was trained
  readonly shape: LatentShape;
}

/** One look at an encoded picture. */
export interface PictureLook {
  readonly prompt: string;
  /** Whole number that the model was trained at. */
  readonly timestep: number;
  /** Of torch's CPU generator stream. */
  readonly noiseSeed: number;
}

export interface PictureReading {
  readonly readings: readonly TapReading[];
  /** ΔD of every stage with an SAE. */
  readonly stages: readonly StageSample[];
}

/** Reads pictures that come from elsewhere: through the VAE, and by one pass of the U-net at one timestep. */
export class PictureReader {
  readonly #model: ModelFolder;
  readonly #sessions: ModelSessions;
  readonly #preparer: Preparer;
  readonly #stagePaths: readonly string[];

  constructor(
    model: ModelFolder,
    sessions: ModelSessions,
    preparer: Preparer,
    stagePaths: readonly string[],
  ) {
    this.#model = model;
    this.#sessions = sessions;
    this.#preparer = preparer;
    this.#stagePaths = stagePaths;
  }

  /** @throws `invalidInput` for a model without an encoder; as `Pipeline.generate` */
  async encode(picture: Picture, { signal, takeTurn }: PictureContext): Promise<EncodedPicture> {
    const { vaeEncoder, vaeDecoder } = this.#model;
    if (!vaeEncoder) {
      throw invalidInput(
        `The model "${this.#model.description.id}" has no vae_encoder: it can read no picture of others. Export it with one.`,
      );
    }
    const session = await this.#sessions.open('vae_encoder', vaeEncoder.graph, signal);
    const meter = new RunMeter(signal, takeTurn);
    return encodePicture(session, vaeDecoder.config, picture, meter);
  }

  /** What the VAE alone makes of a picture. @throws as `Pipeline.generate` */
  async decode({ latents, shape }: EncodedPicture, context: PictureContext): Promise<Picture> {
    const { graph, config } = this.#model.vaeDecoder;
    const session = await this.#sessions.open('vae_decoder', graph, context.signal);
    const meter = new RunMeter(context.signal, context.takeTurn);
    return decodeLatents(session, config, latents, shape, meter);
  }

  /**
   * One pass of the U-net on `sqrt(ᾱ_t) z + sqrt(1 - ᾱ_t) ε`, conditional only: without guidance.
   *
   * @throws as `Pipeline.generate`
   * @source checked against torch hooks on diffusers, test/golden/explain.safetensors
   */
  async read(
    { latents, shape }: EncodedPicture,
    { prompt, timestep, noiseSeed }: PictureLook,
    context: PictureContext,
  ): Promise<PictureReading> {
    const { scheduler, width, height } = this.#model.description.defaults;
    const prepared = await this.#preparer.prepare(
      {
        ...{ prompt, negativePrompt: '', seed: noiseSeed, steps: 1, guidanceScale: 0 },
        ...{ scheduler, width, height },
      },
      context,
    );
    checkShape(shape, prepared);
    const noise = new TorchGenerator(noiseSeed).randn(latents.length);
    const mix = noiseMixAt(scheduler, this.#model.schedulerConfig, timestep);
    const { readings, stages } = await prepared.unet.predict(
      {
        sample: addNoise(latents, noise, mix),
        ...{ shape, timestep, conditioning: prepared.conditioning },
      },
      prepared.meter,
      { watch: { updates: this.#stagePaths, outputs: [], readCodes: true } },
    );
    return { readings, stages };
  }
}

/** @throws `model` when encoder and U-net are not of one model */
function checkShape(made: LatentShape, { shape }: Prepared): void {
  const words = ({ channels, height, width }: LatentShape): string =>
    [channels, height, width].join(' × ');
  if (words(made) === words(shape)) return;
  throw modelError(
    `The VAE encoder gives latents ${words(made)}; the U-net takes ${words(shape)}.`,
  );
}
