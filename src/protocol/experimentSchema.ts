import * as z from 'zod';
import { boardLimits } from './boardPanel.ts';
import { invalidInput } from './errors.ts';
import { type Experiment, experimentVersion, metricNames } from './experiment.ts';
import { filedEditSchema, issueWords, pictureSchema, recipeLimits } from './recipeSchema.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256: 64 digits 0-9 and a-f');
const columns = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('one') }),
  z.strictObject({
    kind: z.literal('seeds'),
    seeds: z.array(z.int().min(0).max(0xffffffff)).min(1).max(boardLimits.columns),
  }),
  z.strictObject({
    kind: z.literal('prompts'),
    prompts: z.array(z.string().max(100_000)).min(1).max(boardLimits.columns),
  }),
]);

const variant = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'must be 1 to 40 letters, digits, - or _'),
  name: z.string().max(1000).optional(),
  edits: z.array(filedEditSchema).max(recipeLimits.edits),
});

/** What an experiment file may hold; what depends on a model is checked with it. */
export const experimentSchema = z
  .strictObject({
    $schema: z.string().max(1000).optional(),
    version: z.literal(experimentVersion),
    title: z.string().max(1000).optional(),
    model: z.strictObject({ id: z.string().min(1).max(200), sha256: hash.optional() }),
    saes: z.record(z.string().min(1).max(200), hash).optional(),
    picture: pictureSchema,
    columns: columns.optional(),
    variants: z.array(variant).max(boardLimits.variants),
    metrics: z.array(z.enum(metricNames)).max(metricNames.length).optional(),
  })
  .superRefine(({ variants }, context) => {
    // Names of files: what differs in case alone is one file on some disks.
    const known = new Set<string>();
    for (const [index, { id }] of variants.entries()) {
      const path = ['variants', index, 'id'];
      if (known.has(id.toLowerCase())) {
        context.addIssue({ code: 'custom', path, message: `the id "${id}" is used twice` });
      }
      known.add(id.toLowerCase());
    }
  });

/** One thing that is wrong with an experiment's text, and where. */
export interface ExperimentIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The published JSON Schema says it too, so every editor with JSON does. */
  readonly isInSchema: boolean;
}

/** All that is wrong with what a text holds; nothing when it is an experiment. */
export function experimentIssues(input: unknown): readonly ExperimentIssue[] {
  const newer = newerVersion(input);
  if (newer !== undefined) return [{ path: ['version'], message: newer, isInSchema: false }];
  const { error } = experimentSchema.safeParse(input);
  return (error?.issues ?? []).map((issue) => ({
    path: issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key)),
    message: issueWords(input, issue, 'the experiment'),
    isInSchema: issue.code !== 'custom',
  }));
}

/**
 * @param where names the file, for the message
 * @throws `invalidInput` naming the place, the value that was found and the allowed range
 */
export function checkExperiment(input: unknown, where: string): Experiment {
  const newer = newerVersion(input);
  if (newer !== undefined) throw invalidInput(`${where}: ${newer}`);
  const parsed = experimentSchema.safeParse(input);
  // The schema and the type are the same but for `undefined` in place of absent keys.
  if (parsed.success) return parsed.data as Experiment;
  throw invalidInput(`${where}: ${issueWords(input, parsed.error.issues[0], 'the experiment')}`);
}

function newerVersion(input: unknown): string | undefined {
  const version = (input as { version?: unknown } | null)?.version;
  if (typeof version !== 'number' || version <= experimentVersion) return undefined;
  return `the experiment has version ${String(version)}; this Featurescope reads up to ${String(experimentVersion)}.`;
}
