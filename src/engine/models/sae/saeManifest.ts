import * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';
import { isTopK, saeActivations, saeNormalisations, saeOrigins, saeTargets } from './saeDefinition.ts';

/** Files of an SAE of ours, in a folder of its own. */
export const manifestName = 'sae.json';
export const weightsName = 'sae.safetensors';

export const saeStorages = ['float32', 'float16'] as const;
export type SaeStorage = (typeof saeStorages)[number];

const count = z.int().positive();
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const sourceFile = z.strictObject({ name: z.string(), sizeBytes: z.int().nonnegative(), sha256: hex });

const schema = z
  .strictObject({
  format: z.literal('featurescope-sae'),
  version: z.literal(1),
  dModel: count,
  nFeatures: count,
  k: count.optional(),
  activation: z.enum(saeActivations),
  applyDecBiasToInput: z.boolean(),
  normalisation: z.enum(saeNormalisations),
  target: z.enum(saeTargets),
  blockPath: z.string().optional(),
  /** `name`: a plain file name in the same folder. */
  weights: z.strictObject({
    name: z.string().regex(/^[\w.-]+$/),
    sizeBytes: count,
    sha256: hex,
    storage: z.enum(saeStorages),
    /** Offsets in bytes from the start of the file, each a multiple of 64: fit for ONNX external data. */
    tensors: z.record(z.string(), z.strictObject({ shape: z.array(count), offset: count, sizeBytes: count })),
  }),
  provenance: z.strictObject({
    format: z.enum(saeOrigins),
    kind: z.string(),
    formatActivation: z.enum(saeActivations).optional(),
    sourceFiles: z.array(sourceFile),
    config: z.record(z.string(), z.unknown()),
    isDecoderNormFolded: z.boolean(),
    notes: z.array(z.string()),
  }),
})
  .refine(({ k, activation, nFeatures }) => !isTopK(activation) || (k !== undefined && k <= nFeatures), {
    path: ['k'],
    error: 'a TopK rule needs k, at most nFeatures',
  });

/** `sae.json`: what an SAE is and where its tensors lie in the weights file. */
export type SaeManifest = z.infer<typeof schema>;

const maxManifestBytes = 2 ** 20;

/** Throws `model`, naming the field, for text that is not a manifest of version 1. */
export function parseSaeManifest(text: string): SaeManifest {
  if (text.length > maxManifestBytes) throw modelError(`${manifestName} is larger than 1 MiB.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw modelError(`${manifestName} is not JSON.`);
  }
  const version = (json as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > 1) {
    throw modelError(`${manifestName} has version ${String(version)}; this Featurescope reads version 1.`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw modelError(`${manifestName} is not valid at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}.`);
  }
  return parsed.data;
}
