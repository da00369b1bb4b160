import * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';
import type { SchedulerName } from '../../../protocol/manifest.ts';
import { issuesOf } from '../../models/modelFiles.ts';
import { only } from '../../models/only.ts';

const off = only(false, null).optional();

const common = {
  num_train_timesteps: z.number().int().min(1).max(100_000).default(1000),
  beta_start: z.number().min(0).max(1).default(0.0001),
  beta_end: z.number().min(0).max(1).default(0.02),
  beta_schedule: only('linear', 'scaled_linear').default('linear'),
  trained_betas: only(null).optional(),
  steps_offset: z.number().int().min(0).default(0),
  rescale_betas_zero_snr: z.boolean().default(false),
};
const predictions = ['epsilon', 'v_prediction', 'sample'] as const;
const spacings = ['linspace', 'leading', 'trailing'] as const;

const eulerSchema = z.object({
  ...common,
  prediction_type: only(...predictions).default('epsilon'),
  timestep_spacing: only(...spacings).default('linspace'),
  interpolation_type: only('linear').optional(),
  timestep_type: only('discrete').optional(),
  use_karras_sigmas: off,
  use_exponential_sigmas: off,
  use_beta_sigmas: off,
  final_sigmas_type: only('zero', 'sigma_min').default('zero'),
  /** Bounds of the Karras, exponential and beta schedules alone. */
  sigma_min: z.unknown().optional(),
  sigma_max: z.unknown().optional(),
});

const eulerAncestralSchema = z.object({
  ...common,
  /** diffusers itself refuses "sample" here. */
  prediction_type: only('epsilon', 'v_prediction').default('epsilon'),
  timestep_spacing: only(...spacings).default('linspace'),
});

const ddimSchema = z.object({
  ...common,
  prediction_type: only(...predictions).default('epsilon'),
  timestep_spacing: only(...spacings).default('leading'),
  clip_sample: z.boolean().default(true),
  clip_sample_range: z.number().positive().default(1),
  set_alpha_to_one: z.boolean().default(true),
  thresholding: off,
  /** Of thresholding alone. */
  dynamic_thresholding_ratio: z.unknown().optional(),
  sample_max_value: z.unknown().optional(),
});

export type BetaConfig = z.infer<z.ZodObject<typeof common>>;
export type EulerConfig = z.infer<typeof eulerSchema>;
export type EulerAncestralConfig = z.infer<typeof eulerAncestralSchema>;
export type DdimConfig = z.infer<typeof ddimSchema>;

export const readEulerConfig = (config: Readonly<Record<string, unknown>>): EulerConfig =>
  read('EulerDiscreteScheduler', config, eulerSchema);
export const readEulerAncestralConfig = (
  config: Readonly<Record<string, unknown>>,
): EulerAncestralConfig => read('EulerAncestralDiscreteScheduler', config, eulerAncestralSchema);
export const readDdimConfig = (config: Readonly<Record<string, unknown>>): DdimConfig =>
  read('DDIMScheduler', config, ddimSchema);

/** Keys of diffusers' other schedulers, which these three do not take: they do nothing, whatever their value. */
const foreignKeys = new Set([
  ...Object.keys(eulerSchema.shape),
  ...Object.keys(ddimSchema.shape),
  ...['algorithm_type', 'disable_corrector', 'euler_at_final', 'flow_shift', 'lambda_min_clipped'],
  ...['lower_order_final', 'original_inference_steps', 'predict_x0', 'rho', 'shift_terminal'],
  ...['sigma_data', 'sigma_schedule', 'skip_prk_steps', 'solver_order', 'solver_p', 'solver_type'],
  ...['time_shift_type', 'timestep_scaling', 'use_dynamic_shifting', 'use_flow_sigmas'],
  ...['use_lu_lambdas', 'variance_type'],
]);

function read<T>(
  name: SchedulerName,
  config: Readonly<Record<string, unknown>>,
  schema: z.ZodType<T>,
): T {
  const where = `scheduler/scheduler_config.json for ${name}`;
  for (const [key, value] of Object.entries(config)) {
    if (key.startsWith('_') || foreignKeys.has(key)) continue;
    throw modelError(`${where}: the key ${key} (${JSON.stringify(value)}) is not known.`);
  }
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw modelError(`${where}: ${issuesOf(parsed.error)}.`);
}
