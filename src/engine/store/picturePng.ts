import { decode, encode } from 'fast-png';
import * as z from 'zod';
import type { Picture } from '../../protocol/engine.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { type RunManifest, schedulerNames } from '../../protocol/manifest.ts';
import { providers } from '../../protocol/provider.ts';
import { recipeSchema } from '../../protocol/recipeSchema.ts';

/** Keyword of the PNG text chunk that holds the run's manifest as JSON. */
export const manifestKeyword = 'featurescope';

/** Manifests that older versions wrote are brought to this shape here; there is one version so far. */
const manifestSchema = z.object({
  version: z.literal(1),
  prompt: z.string(),
  negativePrompt: z.string(),
  seed: z.number().int().min(0).max(0xffffffff),
  steps: z.number().int().positive(),
  guidanceScale: z.number().nonnegative(),
  scheduler: z.enum(schedulerNames),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  model: z.object({ id: z.string(), hashes: z.record(z.string(), z.string()) }),
  provider: z.enum(providers),
  versions: z.object({ featurescope: z.string(), onnxruntime: z.string() }),
  createdAt: z.string(),
  timingsMs: z.record(z.string(), z.number()),
  recipe: recipeSchema.optional(),
  explained: z
    .object({
      name: z.string(),
      sha256: z.string(),
      timestep: z.number().int().nonnegative(),
      seedCount: z.number().int().positive(),
    })
    .optional(),
});

/**
 * An 8-bit RGB PNG that carries its manifest. The JSON is written in ASCII, since `tEXt` chunks are Latin-1.
 *
 * @param picture u8 `[height, width, 3]`, sRGB
 */
export function encodePng(picture: Picture, manifest: RunManifest): Uint8Array {
  return encode({
    width: picture.width,
    height: picture.height,
    data: picture.rgb,
    channels: 3,
    depth: 8,
    text: { [manifestKeyword]: asciiJson(manifest) },
  });
}

/**
 * Reads a PNG of ours back.
 *
 * @throws `invalidInput` when the bytes are no 8-bit RGB PNG or carry no manifest that we know
 */
export function decodePng(bytes: Uint8Array): { picture: Picture; manifest: RunManifest } {
  let png;
  try {
    png = decode(bytes, { checkCrc: true });
  } catch (error) {
    throw new FeaturescopeError('invalidInput', 'The file is not a readable PNG.', {
      cause: error,
    });
  }
  if (png.depth !== 8 || png.channels !== 3 || !(png.data instanceof Uint8Array)) {
    throw new FeaturescopeError('invalidInput', 'The PNG was not written by Featurescope.');
  }
  return {
    picture: { width: png.width, height: png.height, rgb: png.data },
    manifest: parseManifest(png.text[manifestKeyword] ?? ''),
  };
}

export function parseManifest(json: string): RunManifest {
  try {
    // The schema and the type are the same but for `undefined` in place of absent keys.
    return manifestSchema.parse(JSON.parse(json)) as RunManifest;
  } catch (error) {
    throw new FeaturescopeError(
      'invalidInput',
      'The picture carries no manifest of this version.',
      {
        cause: error,
      },
    );
  }
}

const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
