import * as z from 'zod';
import { invalidInput } from './errors.ts';
import { schedulerNames } from './manifest.ts';
import {
  type EditRecipe,
  mapKinds,
  maskRules,
  paintRows,
  recipeVersion,
  strengthUnits,
} from './recipe.ts';

/** Ranges of a recipe. Wider than what makes sense, so that the range guard can show what happens outside. */
export const recipeLimits = {
  edits: 64,
  sources: 256,
  steps: 1000,
  widthMax: 65_536,
  cells: 2 ** 20,
  strength: 10_000,
  factor: 1000,
  value: 1e6,
} as const;

const within = (limit: number) => z.number().min(-limit).max(limit);
const vector = z.array(within(recipeLimits.value)).min(1).max(recipeLimits.widthMax);
const index = z.int().min(0);
const size = z.int().min(1).max(16_384);

const sourceForms = [
  z.strictObject({ feature: index }),
  z.strictObject({ channel: index }),
  z.strictObject({
    name: z.string().max(200),
    vector,
    read: vector.optional(),
    readBias: within(recipeLimits.value).optional(),
    mean: within(recipeLimits.value).optional(),
    std: within(recipeLimits.value).optional(),
    max: within(recipeLimits.value).optional(),
  }),
] as const;
const source = z.union(sourceForms, {
  error: 'must be { "feature": number }, { "channel": number } or a name with a vector',
});
const sources = z.array(source).min(1).max(recipeLimits.sources);
const strength = z.strictObject({
  value: within(recipeLimits.strength),
  unit: z.enum(strengthUnits),
});

const maskForms = [
  z.strictObject({
    kind: z.literal('pixels'),
    rule: z.enum(maskRules),
    width: size,
    height: size,
    runs: z.array(index).max(2 ** 22),
  }),
  z.strictObject({
    kind: z.literal('cells'),
    cellsHigh: size,
    cellsWide: size,
    weights: z.array(z.number().min(0).max(1)).max(recipeLimits.cells),
  }),
] as const;

/** Masks as experiments hold them: short to read in a file, and resolved to one of the recipe's before anything runs. */
const filedMaskForms = [
  z.strictObject({
    kind: z.literal('cellRuns'),
    cellsHigh: size,
    cellsWide: size,
    runs: z.array(z.number().min(0)).max(2 * recipeLimits.cells),
  }),
  z.strictObject({
    kind: z.literal('png'),
    rule: z.enum(maskRules),
    file: z.string().min(1).max(1000),
  }),
] as const;

/** A mask as recipes hold it. */
export const maskSchema = z.discriminatedUnion('kind', maskForms);
/** A mask as files hold it. */
export const filedMaskSchema = z.discriminatedUnion('kind', [...maskForms, ...filedMaskForms]);

const maps = z.enum(mapKinds);

/** Every kind of edit, over one form of masks. */
function editWith<Mask extends z.ZodType>(mask: Mask) {
  const any = {
    block: z.string().min(1).max(200),
    mask: mask.optional(),
    steps: z.array(index).max(recipeLimits.steps).optional(),
  };
  return z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('scale'),
      ...any,
      sources,
      factor: within(recipeLimits.factor),
      maps,
    }),
    z.strictObject({
      kind: z.literal('add'),
      ...any,
      sources,
      strength,
      rows: z.enum(paintRows),
      onlyActive: maps.optional(),
    }),
    z.strictObject({ kind: z.literal('replace'), ...any, sources, strength }),
    z.strictObject({ kind: z.literal('keepOnly'), ...any, sources, maps }),
    z.strictObject({ kind: z.literal('reconstruct'), ...any, withError: z.boolean(), maps }),
    z.strictObject({ kind: z.literal('ablate'), ...any }),
    z.strictObject({
      kind: z.literal('swap'),
      ...any,
      from: z.strictObject({
        prompt: z.string().max(100_000).optional(),
        negativePrompt: z.string().max(100_000).optional(),
        seed: z.int().min(0).max(0xffffffff).optional(),
      }),
    }),
    z.strictObject({
      kind: z.literal('addMap'),
      ...any,
      sources,
      weights: z
        .array(
          z
            .array(z.array(within(recipeLimits.value)).max(recipeLimits.cells))
            .min(1)
            .max(2),
        )
        .max(recipeLimits.steps),
      cellsHigh: size,
      cellsWide: size,
    }),
  ]);
}

/** An edit as experiment files hold it. */
export const filedEditSchema = editWith(filedMaskSchema);

/** What decides the unedited picture. */
export const pictureSchema = z.strictObject({
  prompt: z.string().max(100_000),
  negativePrompt: z.string().max(100_000),
  seed: z.int().min(0).max(0xffffffff),
  steps: z.int().min(1).max(recipeLimits.steps),
  guidanceScale: z.number().min(0).max(1000),
  scheduler: z.enum(schedulerNames),
  width: size,
  height: size,
});

/** `EditRecipe` as it comes in from panels, files and the clipboard: ranges here, what depends on a model later. */
export const recipeSchema = z.strictObject({
  version: z.literal(recipeVersion),
  name: z.string().max(1000).optional(),
  base: pictureSchema.optional(),
  saes: z.record(z.string().max(200), z.string().regex(/^[0-9a-f]{64}$/)).optional(),
  edits: z.array(editWith(maskSchema)).max(recipeLimits.edits),
});

/**
 * @param where what the recipe belongs to, for the message: "Variant 3"
 * @throws `invalidInput` naming the place, the value that was found and the allowed range
 */
export function checkRecipe(input: unknown, where: string): EditRecipe {
  const version = (input as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > recipeVersion) {
    throw invalidInput(
      `${where}: the recipe has version ${String(version)}; this Featurescope reads up to ${String(recipeVersion)}.`,
    );
  }
  const parsed = recipeSchema.safeParse(input);
  // The schema and the type are the same but for `undefined` in place of absent keys.
  if (parsed.success) return parsed.data as EditRecipe;
  const [issue] = parsed.error.issues;
  throw invalidInput(`${where}: ${issueWords(input, issue, 'the recipe')}`);
}

/** An issue of a schema with its place and the value that was found: "edits.0.factor is 5000: Too big: …". */
export function issueWords(
  input: unknown,
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
  whole: string,
): string {
  const path = issue?.path ?? [];
  const message = issue?.message ?? 'is not valid';
  const missing = /^Invalid input: (expected .*), received undefined$/.exec(message)?.[1];
  const words = missing === undefined ? found(input, path) + message : `is missing: ${missing}`;
  return `${path.join('.') || whole} ${words}.`;
}

function found(input: unknown, path: readonly PropertyKey[]): string {
  let value: unknown = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  const isPlain = typeof value === 'number' || typeof value === 'string';
  return isPlain ? `is ${String(value).slice(0, 80)}: ` : '';
}
