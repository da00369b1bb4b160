import * as z from 'zod';
import { modelError } from '../../protocol/errors.ts';

const count = z.int().positive();
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const factsSchema = z.object({
  version: z.literal(1),
  block: z.string().regex(/^[\w.-]{1,80}$/),
  path: z.string().max(200),
  saeSha256: hex,
  nFeatures: count.max(1_000_000),
  dModel: count,
  cellsHigh: count.max(4096),
  cellsWide: count.max(4096),
  stepIndices: z.array(z.int().nonnegative()).min(1).max(255),
  pictureCount: count,
  exampleLimit: count,
  examplesPerInterval: count,
  thumbnailSize: count.nullable(),
  setName: z.string().max(300),
  /** Of the set's manifest as JSON. */
  setSha256: hex,
});
/** What an index is about; kept in it as JSON. */
export type IndexFacts = Readonly<z.infer<typeof factsSchema>>;

/** JSON knows no NaN: an R² of samples that do not vary comes back as null. */
const figure = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const qualitySchema = z.object({
  fits: z
    .array(
      z.object({
        stepIndex: z.int().nonnegative().nullable(),
        sampleCount: z.number(),
        explainedVariance: figure,
        rSquared: figure,
        l0: figure,
      }),
    )
    .max(256),
  deadShare: figure,
  alwaysOnShare: figure,
  densityHistogram: z.object({
    edges: z.array(z.number()).max(1000),
    counts: z.array(z.number()).max(1000),
  }),
  collinearity: z.object({ median: figure, p95: figure, max: figure, shareAbove09: figure }),
});
/** The part of a quality report that comes out of indexing. */
export type QualityFigures = z.infer<typeof qualitySchema>;

/** @throws `model` for an index without facts that can be read */
export const parseIndexFacts = (meta: Readonly<Record<string, string>>): IndexFacts =>
  parse(factsSchema, meta['facts']);

/** @throws `model` for an index without figures that can be read */
export const parseQuality = (meta: Readonly<Record<string, string>>): QualityFigures =>
  parse(qualitySchema, meta['quality']);

function parse<T>(schema: z.ZodType<T>, json: string | undefined): T {
  try {
    return schema.parse(JSON.parse(json ?? 'null'));
  } catch (error) {
    throw modelError('The index does not say what it is about; make it again.', { cause: error });
  }
}

/** Equal for work that can be gone on with, and for an index that need not be made again. */
export const identityOf = (facts: IndexFacts): string =>
  JSON.stringify({ ...facts, setName: undefined });
