import type { ModelDescription } from '../../protocol/engine.ts';
import { modelError } from '../../protocol/errors.ts';
import type { SchedulerName } from '../../protocol/manifest.ts';
import type { OwnSettings, TextEncoderConfig, UnetConfig, VaeConfig } from './configs.ts';
import { guidanceScaleMax, promptLengthMax, sizeRange, stepsMax } from './limits.ts';
import type { TokenizerFiles } from './tokenizerFiles.ts';

export interface ModelFacts {
  readonly dir: string;
  readonly id: string;
  readonly own: OwnSettings;
  readonly scheduler: SchedulerName;
  readonly schedulerFacts: {
    readonly num_train_timesteps: number;
    readonly timestep_spacing?: string | undefined;
  };
  readonly textEncoders: readonly {
    readonly config: TextEncoderConfig;
    readonly tokenizer: TokenizerFiles;
  }[];
  readonly unet: UnetConfig;
  readonly vae: VaeConfig;
  readonly sizeBytes: number;
}

/** Pixels that one latent cell is wide: every block of the VAE but the last halves the picture. */
export const pixelsPerCell = (vae: VaeConfig): number => 2 ** (vae.block_out_channels.length - 1);

/**
 * What a person may ask of a model. Without its own word, a model sampled with "trailing" spacing is taken for one of
 * few steps (SDXL Turbo: 1 step, no guidance), any other for one of many (25 steps, guidance 5).
 *
 * @throws `model` when VAE and U-net do not fit each other
 */
export function describeModel(facts: ModelFacts): ModelDescription {
  const { unet, vae, own } = facts;
  if (unet.in_channels !== vae.latent_channels) {
    throw modelError(
      `unet/config.json: in_channels is ${String(unet.in_channels)}, but the VAE has ` +
        `latent_channels ${String(vae.latent_channels)}; only text to image is supported.`,
    );
  }
  checkTimeEmbedding(facts);
  const cellSize = pixelsPerCell(vae);
  const { sample_size: size } = unet;
  const [cellsHigh, cellsWide] = typeof size === 'number' ? [size, size] : size;
  // The U-net halves its latents between its blocks.
  const sizeMultiple = cellSize * 2 ** (unet.down_block_types.length - 1);
  const [height, width] = [cellsHigh * cellSize, cellsWide * cellSize];
  const toMultiple = (pixels: number): number =>
    Math.max(sizeMultiple, Math.round(pixels / sizeMultiple) * sizeMultiple);
  const isFewSteps = facts.schedulerFacts.timestep_spacing === 'trailing';
  return {
    dir: facts.dir,
    id: facts.id,
    title: own.title ?? facts.id,
    sizeBytes: facts.sizeBytes,
    tokenLimit: Math.min(
      ...facts.textEncoders.map(({ config, tokenizer }) =>
        Math.min(config.max_position_embeddings, tokenizer.config.model_max_length ?? Infinity),
      ),
    ),
    defaults: {
      steps: own.defaults.steps ?? (isFewSteps ? 1 : 25),
      guidanceScale: own.defaults.guidanceScale ?? (isFewSteps ? 0 : 5),
      scheduler: facts.scheduler,
      width,
      height,
    },
    limits: {
      stepsMax: Math.min(stepsMax, facts.schedulerFacts.num_train_timesteps),
      guidanceScaleMax,
      sizeMultiple,
      sizeMin: toMultiple(Math.min(width, height) * sizeRange.smallest),
      sizeMax: toMultiple(Math.max(width, height) * sizeRange.largest),
      promptLengthMax,
    },
  };
}

/** As diffusers checks it: a U-net with another sum wants other ids (SDXL's refiner: an aesthetic score). */
function checkTimeEmbedding({ unet, textEncoders }: ModelFacts): void {
  const { addition_time_embed_dim: idWidth, projection_class_embeddings_input_dim: wanted } = unet;
  const pooledWidth = textEncoders.at(-1)?.config.projection_dim;
  if (idWidth == null || wanted == null || pooledWidth === undefined) return;
  const given = 6 * idWidth + pooledWidth;
  if (given === wanted) return;
  throw modelError(
    `unet/config.json: projection_class_embeddings_input_dim is ${String(wanted)}, but six sizes and the pooled ` +
      `text make ${String(given)}; this kind of U-net is not supported.`,
  );
}
