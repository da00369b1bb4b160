import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { invalidInput } from '../../../protocol/errors.ts';
import { schedulerNames } from '../../../protocol/manifest.ts';
import { issuesOf } from '../../models/modelFiles.ts';
import { writeDurably } from '../../store/durableFile.ts';
import { appendLines, readLines } from '../specialization/jsonLines.ts';

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().positive();

/** All that decides the pictures, but for the SAE: two SAEs are compared where this is the same. */
const choiceSchema = z.strictObject({
  version: z.literal(1),
  block: z.string(),
  promptsName: z.string(),
  prompts: z.array(z.strictObject({ prompt: z.string(), seed: z.int() })).min(2),
  picture: z.strictObject({
    ...{ negativePrompt: z.string(), guidanceScale: z.number(), scheduler: z.enum(schedulerNames) },
    ...{ steps: count, width: count, height: count },
  }),
  /** Of the model's files, by name. */
  hashes: z.record(z.string(), z.string()),
  provider: z.string(),
});
export type FitChoice = Readonly<z.infer<typeof choiceSchema>>;

const rowSchema = z.strictObject({
  prompt: z.int().nonnegative(),
  /** `sae`: ΔD rebuilt; `none`: left out. */
  arm: z.enum(['sae', 'none']),
  ...{ ssim: z.number(), pixel: z.number() },
});
/** One picture beside its unedited one. */
export type FitRow = z.infer<typeof rowSchema>;
export const fitArms = rowSchema.shape.arm.options;

/** Tells the rows of one measurement apart. */
export const rowKey = ({ prompt, arm }: Pick<FitRow, 'prompt' | 'arm'>): string =>
  `${prompt} ${arm}`;

const choiceName = 'choice.json';
const rowsName = 'rows.jsonl';

const rootOf = (storageDir: string, saeSha256: string): string =>
  join(storageDir, 'picture-fits', hex.parse(saeSha256));

/** Where the measurements of one SAE by one choice lie: the same place for the same choice. */
export const fitDir = (storageDir: string, saeSha256: string, choice: FitChoice): string =>
  join(rootOf(storageDir, saeSha256), keyOf(choice));

const keyOf = (choice: FitChoice): string =>
  createHash('sha256').update(JSON.stringify(choice)).digest('hex').slice(0, 32);

/** Begins a folder, or goes on with it. @returns what was measured before, each once */
export async function beginFit(dir: string, choice: FitChoice): Promise<readonly FitRow[]> {
  await mkdir(dir, { recursive: true });
  await writeDurably(join(dir, choiceName), `${JSON.stringify(choice)}\n`);
  return readRows(dir, true);
}

export const addFitRow = (dir: string, row: FitRow): Promise<void> =>
  appendLines(dir, rowsName, [row]);

/** Makes a folder the newest one: what was measured last is shown. */
export async function touchFit(dir: string): Promise<void> {
  const now = new Date();
  await utimes(join(dir, rowsName), now, now).catch(() => undefined);
}

export interface StoredFit {
  /** The same for every SAE that was measured by this choice. */
  readonly key: string;
  readonly choice: FitChoice;
  readonly rows: readonly FitRow[];
}

/** All measurements of an SAE, those that were made last first. @throws `invalidInput` for files that are none of ours */
export async function readFits(
  storageDir: string,
  saeSha256: string,
): Promise<readonly StoredFit[]> {
  const root = rootOf(storageDir, saeSha256);
  const found = await Promise.all(
    (await readdir(root).catch(() => [])).map(async (key) => {
      const state = await stat(join(root, key, rowsName)).catch(() => undefined);
      return state ? [{ key, madeMs: state.mtimeMs }] : [];
    }),
  );
  const newest = found.flat().sort((a, b) => b.madeMs - a.madeMs);
  return Promise.all(
    newest.map(async ({ key }) => ({
      key,
      choice: await readChoice(join(root, key)),
      rows: await readRows(join(root, key)),
    })),
  );
}

async function readChoice(dir: string): Promise<FitChoice> {
  const path = join(dir, choiceName);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidInput(
      `"${path}" cannot be read (${reason}): remove its folder and measure again.`,
    );
  }
  const parsed = choiceSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(`"${path}" is no choice of pictures: ${issuesOf(parsed.error)}`);
}

async function readRows(dir: string, isOwner = false): Promise<readonly FitRow[]> {
  const rows = await readLines(dir, rowsName, rowSchema, isOwner);
  return [...new Map(rows.map((row) => [rowKey(row), row])).values()];
}
