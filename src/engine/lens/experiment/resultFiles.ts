import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Picture } from '../../../protocol/engine.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import type { ExperimentRow, ResultsManifest } from '../../../protocol/experiment.ts';
import type { RunManifest } from '../../../protocol/manifest.ts';
import { providers } from '../../../protocol/provider.ts';
import { decodePng } from '../../store/picturePng.ts';
import type { PlannedCell, SettledExperiment } from './settleExperiment.ts';

export const rowsName = 'results.jsonl';
export const figuresName = 'figures.csv';
export const manifestName = 'manifest.json';

/** A row with the key of its cell. */
export type KeptRow = ExperimentRow & { readonly key: string };

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileName = (ending: string) =>
  z.string().regex(new RegExp(`^c\\d{1,3}(-[A-Za-z0-9_-]{1,40})?\\.${ending}$`));
const amount = z.strictObject({
  editIndex: z.int(),
  block: z.string(),
  label: z.string(),
  amount: z.number(),
  mean: z.number().nullable(),
  std: z.number().nullable(),
  max: z.number().nullable(),
  maxFrom: z.enum(['index', 'picture', 'source']).nullable(),
  ofUpdate: z.number(),
  cell: z.int(),
  step: z.int(),
  isOutside: z.boolean(),
  reason: z.string(),
});
const figures = z.strictObject({
  pixelDistance: z.number(),
  pixelDistanceMax: z.number(),
  ssim: z.number(),
  latentDistance: z.number(),
  area: z.strictObject({
    kind: z.enum(['mask', 'active', 'region', 'everything']),
    share: z.number(),
    inside: z.number().nullable(),
    outside: z.number().nullable(),
    locality: z.number().nullable(),
  }),
  lpips: z.strictObject({ distance: z.number(), sha256 }).exactOptional(),
});
const rowSchema: z.ZodType<KeptRow> = z.strictObject({
  key: sha256,
  column: z.int().min(0),
  variant: z.string().nullable(),
  picture: fileName('png'),
  pixelsSha256: sha256,
  maps: fileName('safetensors').nullable(),
  mapsSha256: sha256.nullable(),
  figures: figures.nullable(),
  amounts: z.array(amount),
});
const manifestSchema: z.ZodType<ResultsManifest> = z.strictObject({
  version: z.literal(1),
  hash: sha256,
  model: z.strictObject({ id: z.string(), hashes: z.record(z.string(), z.string()) }),
  saes: z.record(z.string(), z.string()),
  provider: z.enum(providers),
  lpips: sha256.exactOptional(),
  maxima: sha256.exactOptional(),
  versions: z.strictObject({ featurescope: z.string(), onnxruntime: z.string() }),
  platform: z.string(),
});

export const sha256Of = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export const rowLine = (row: KeptRow): string => `${JSON.stringify(row)}\n`;

/** Rows of a results' folder; lines that a crash cut short, and what is not a row, are left out. */
export async function readRows(dir: string): Promise<readonly KeptRow[]> {
  const text = await readFile(join(dir, rowsName), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const parsed = rowSchema.safeParse(jsonOf(line));
    return parsed.success ? [parsed.data] : [];
  });
}

/** null for a folder that is not finished, or is none of ours. */
export async function readManifest(dir: string): Promise<ResultsManifest | null> {
  const text = await readFile(join(dir, manifestName), 'utf8').catch(() => '');
  const parsed = manifestSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data : null;
}

/** The rows of an experiment's cells, in their order; undefined where there is none. */
export const rowsOf = (
  { cells }: Pick<SettledExperiment, 'cells'>,
  rows: readonly KeptRow[],
): readonly (KeptRow | undefined)[] => cells.map((cell) => rows.find((row) => isOf(row, cell)));

const isOf = (row: KeptRow, { column, variant }: PlannedCell): boolean =>
  row.column === column && row.variant === variant;

/** A row's files as they are on disk. @throws `invalidInput` naming the one that is missing or is another one by now */
export async function readCell(
  dir: string,
  row: ExperimentRow,
): Promise<{ picture: Picture; manifest: RunManifest; png: Uint8Array; maps: Uint8Array | null }> {
  const read = (name: string): Promise<Uint8Array> =>
    readFile(join(dir, name)).catch(() => {
      throw invalidInput(`"${name}" is missing in the results "${dir}". Run the experiment again.`);
    });
  const png = await read(row.picture);
  const { picture, manifest } = decodePng(png);
  const maps = row.maps === null ? null : await read(row.maps);
  const isSame =
    sha256Of(picture.rgb) === row.pixelsSha256 &&
    (maps === null ? null : sha256Of(maps)) === row.mapsSha256;
  if (isSame) return { picture, manifest, png, maps };
  throw invalidInput(
    `"${row.picture}" or its maps in "${dir}" were changed since they were made. Run the experiment afresh.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
