import * as z from 'zod';
import { guidanceScaleMax, stepsMax } from './limits.ts';
import { only } from './only.ts';

const count = z.number().int().positive();
const component = z.tuple([z.string().nullable(), z.string().nullable()]);

/** `model_index.json`. Optimum's own pipelines put `ORT` before the class name. */
export const modelIndexSchema = z.object({
  _class_name: only('StableDiffusionXLPipeline', 'ORTStableDiffusionXLPipeline'),
  /** diffusers' default for SDXL. */
  force_zeros_for_empty_prompt: z.boolean().default(true),
  /** Where an export came from. */
  _name_or_path: z.string().optional(),
  text_encoder: component.default([null, null]),
  text_encoder_2: component.default([null, null]),
});

/** `config.json` of a text encoder. */
export const textEncoderConfigSchema = z.object({
  num_hidden_layers: count,
  hidden_size: count,
  max_position_embeddings: count,
  projection_dim: count.optional(),
});
export type TextEncoderConfig = z.infer<typeof textEncoderConfigSchema>;

/** `unet/config.json`: what the pipeline feeds. How the network computes is in the graph. */
export const unetConfigSchema = z.object({
  in_channels: count,
  sample_size: z.union([count, z.tuple([count, count])]),
  down_block_types: z.array(z.string()).min(1),
  /** Channels by level: compared with the graph. */
  block_out_channels: z.array(count).optional(),
  attention_head_dim: z.union([count, z.array(count)]).optional(),
  num_attention_heads: z.union([count, z.array(count)]).nullish(),
  addition_embed_type: only('text_time', null).optional(),
  addition_time_embed_dim: count.nullish(),
  projection_class_embeddings_input_dim: count.nullish(),
  /** A guidance embedding (LCM) that this pipeline does not compute. */
  time_cond_proj_dim: only(null).optional(),
  class_embed_type: only(null).optional(),
  encoder_hid_dim_type: only(null).optional(),
});
export type UnetConfig = z.infer<typeof unetConfigSchema>;

/** `vae_decoder/config.json`. What would shift or normalise latents by channel is refused by name. */
export const vaeConfigSchema = z.object({
  scaling_factor: z.number().positive(),
  block_out_channels: z.array(count).min(1),
  latent_channels: count,
  /** Values that leave float16's range on the way. */
  force_upcast: z.boolean().nullish(),
  shift_factor: only(0, null).optional(),
  latents_mean: only(null).optional(),
  latents_std: only(null).optional(),
});
export type VaeConfig = z.infer<typeof vaeConfigSchema>;

/** `scheduler/scheduler_config.json`: what a description needs; a scheduler checks every key itself. */
export const schedulerFactsSchema = z.looseObject({
  _class_name: z.string().optional(),
  num_train_timesteps: count.default(1000),
  timestep_spacing: z.string().optional(),
});

/** `featurescope.json`, which a model folder may hold: how it likes to be used. */
export const ownSettingsSchema = z.strictObject({
  id: z.string().min(1).max(100).optional(),
  title: z.string().min(1).max(100).optional(),
  defaults: z
    .strictObject({
      steps: count.max(stepsMax).optional(),
      guidanceScale: z.number().min(0).max(guidanceScaleMax).optional(),
    })
    .default({}),
});
export type OwnSettings = z.infer<typeof ownSettingsSchema>;
