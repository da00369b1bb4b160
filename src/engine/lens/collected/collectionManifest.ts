import * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';
import {
  type ModelIdentity,
  type SchedulerName,
  schedulerNames,
} from '../../../protocol/manifest.ts';
import { type Provider, providers } from '../../../protocol/provider.ts';
import { issuesOf } from '../../models/modelFiles.ts';
import type { CollectedBlock } from './collectedSet.ts';
import { manifestName } from './setLayout.ts';

export const promptSourceKinds = ['text', 'csv', 'jsonl', 'grammar'] as const;
export const seedRules = ['consecutive', 'samePerPrompt'] as const;

/** What a collected set is: `collection.json` in its folder. It holds no time and no path, so that reruns are equal. */
export interface CollectionManifest {
  readonly version: 1;
  readonly model: ModelIdentity;
  readonly provider: Provider;
  readonly versions: { readonly featurescope: string; readonly onnxruntime: string };
  /** In the order in which the stages run. */
  readonly blocks: readonly CollectedBlock[];
  /** Steps that were recorded, from 0, ascending, of `stepCount`. */
  readonly steps: readonly number[];
  /** Denoising steps of each picture. */
  readonly stepCount: number;
  readonly scheduler: SchedulerName;
  readonly guidanceScale: number;
  readonly negativePrompt: string;
  /** Size at which the pictures were made; their files may be smaller. */
  readonly width: number;
  readonly height: number;
  /** Size of the picture files. */
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  /** Of the stored updates. */
  readonly dtype: 'float16';
  readonly prompts: {
    readonly kind: (typeof promptSourceKinds)[number];
    /** File name without folder. */
    readonly name: string;
    /** Of the file. */
    readonly sha256: string;
    /** CSV and JSONL: where the prompt stood. */
    readonly column?: string | undefined;
    /** Grammar: what its random choices started from. */
    readonly seed?: number | undefined;
    /** Pictures made in a row from each prompt. */
    readonly picturesPerPrompt: number;
  };
  readonly seeds: {
    /** `consecutive`: picture i has seed first + i; `samePerPrompt`: seeds start again at `first` with each prompt. */
    readonly rule: (typeof seedRules)[number];
    readonly first: number;
  };
  /** Wanted. */
  readonly pictureCount: number;
  /** Pictures a shard, and lost at most when the machine stops. */
  readonly batchSize: number;
}

const count = z
  .int()
  .positive()
  .max(2 ** 31);
const hex = z.string().regex(/^[0-9a-f]{64}$/);
const seed = z.int().min(0).max(0xffffffff);
const block = z.strictObject({
  block: z.string().min(1).max(100),
  path: z.string().min(1).max(200),
  dModel: count,
  cellsHigh: count,
  cellsWide: count,
});

const schema: z.ZodType<CollectionManifest> = z
  .strictObject({
    version: z.literal(1),
    model: z.strictObject({ id: z.string(), hashes: z.record(z.string(), hex) }),
    provider: z.enum(providers),
    versions: z.strictObject({ featurescope: z.string(), onnxruntime: z.string() }),
    blocks: z.array(block).min(1).max(100),
    steps: z.array(z.int().nonnegative()).min(1).max(1000),
    stepCount: count,
    scheduler: z.enum(schedulerNames),
    guidanceScale: z.number().nonnegative(),
    negativePrompt: z.string(),
    width: count,
    height: count,
    pictureWidth: count,
    pictureHeight: count,
    dtype: z.literal('float16'),
    prompts: z.strictObject({
      kind: z.enum(promptSourceKinds),
      name: z.string(),
      sha256: hex,
      column: z.string().optional(),
      seed: seed.optional(),
      picturesPerPrompt: count,
    }),
    seeds: z.strictObject({ rule: z.enum(seedRules), first: seed }),
    pictureCount: count,
    batchSize: count,
  })
  .refine(
    ({ steps, stepCount }) =>
      steps.every((step, i) => step < stepCount && step > (steps[i - 1] ?? -1)),
    { path: ['steps'], error: 'steps must ascend and be below stepCount' },
  );

/** @throws `model` for text that is no manifest of this version, by key */
export function parseCollectionManifest(text: string): CollectionManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw modelError(`${manifestName} is not valid JSON.`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw modelError(`${manifestName} does not fit: ${issuesOf(parsed.error)}`);
}

export const manifestText = (manifest: CollectionManifest): string =>
  `${JSON.stringify(manifest, null, 2)}\n`;

/** What of a manifest is known, or to be compared. */
export type KnownFacts = {
  readonly [K in keyof CollectionManifest]?: CollectionManifest[K] | undefined;
};

/** Keys of `facts` for which a manifest says something else. */
export const differingKeys = (manifest: CollectionManifest, facts: KnownFacts): string[] =>
  (Object.keys(facts) as (keyof CollectionManifest)[]).filter(
    (key) => facts[key] !== undefined && canonical(manifest[key]) !== canonical(facts[key]),
  );

/** JSON with sorted keys. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
