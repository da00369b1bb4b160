import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';
import { writeWhole } from '../../files/writeWhole.ts';
import { checkPath, type DownloadPlan, hubSource, parseRepo } from './downloadPlan.ts';
import { checkSpace, type DownloadProgress, fetching } from './fetching.ts';
import { type DownloadWish, type HubAccess, planDownload } from './hubClient.ts';
import { type TransferContext, transferFile } from './transferFile.ts';

export interface DownloadContext
  extends HubAccess, Pick<TransferContext, 'stallMs' | 'retryMs' | 'onNote'> {
  readonly signal: AbortSignal;
}

const parallelCount = 3;
const planName = 'download.json';

const planSchema: z.ZodType<DownloadPlan> = z.object({
  repo: z.string(),
  type: z.enum(['model', 'dataset']).default('model'),
  commit: z.string(),
  files: z.array(
    z.object({
      path: z.string().transform(checkPath),
      sizeBytes: z.int().nonnegative(),
      hash: z.object({ kind: z.enum(['sha256', 'sha512', 'git']), hex: z.string() }),
    }),
  ),
  sizeBytes: z.int().nonnegative(),
});

/** Where files go below `filesDir`: one folder a repository, and of its parts one a choice. */
function folderOf(filesDir: string, { name, parts }: DownloadWish): string {
  const folder = parseRepo(name).repo.replace('/', '--');
  if (!parts) return join(filesDir, folder);
  const hash = createHash('sha256').update([...parts].sort().join('\0'));
  return join(filesDir, `${folder}--${hash.digest('hex').slice(0, 8)}`);
}

/**
 * Fetches what is wanted into `<filesDir>/<owner>--<name>`: beside it first (`.partial`), and renamed when every file's hash is
 * right. Started anew it goes on where it was, with the same commit. Nothing is fetched while a `yield` is not answered:
 * so it is paused.
 *
 * @returns the folder, and the bytes that came over the network this time
 * @throws `invalidInput`, `model` naming what is wrong and what helps
 */
export async function* download(
  filesDir: string,
  wish: DownloadWish,
  context: DownloadContext,
): AsyncGenerator<DownloadProgress, { readonly dir: string; readonly fetchedBytes: number }> {
  const dir = folderOf(filesDir, wish);
  if (await isThere(dir)) throw modelError(`${dir} is there already: remove it first.`);
  yield { phase: 'listing', doneBytes: 0, totalBytes: 0 };
  const partial = `${dir}.partial`;
  await mkdir(partial, { recursive: true });
  const plan = await planOf(partial, wish, context);
  await checkSpace(partial, await missingBytes(partial, plan), plan.repo);
  const source = hubSource(plan, context.hubUrl);
  const waiting = [...plan.files].sort((a, b) => b.sizeBytes - a.sizeBytes);
  let fetchedBytes = 0;
  yield* fetching(plan.sizeBytes, context, async (transfer) => {
    const work = async (): Promise<void> => {
      for (let file = waiting.shift(); file; file = waiting.shift()) {
        const bytes = await transferFile(partial, source, file, transfer);
        fetchedBytes += bytes;
      }
    };
    await Promise.all(Array.from({ length: parallelCount }, work));
  });
  await rm(join(partial, planName));
  await rename(partial, dir);
  return { dir, fetchedBytes };
}

/** The plan that an interrupted download left, else a new one. */
async function planOf(
  partial: string,
  wish: DownloadWish,
  context: DownloadContext,
): Promise<DownloadPlan> {
  const path = join(partial, planName);
  try {
    const kept = planSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    if (kept.repo === parseRepo(wish.name).repo) return kept;
  } catch {
    // None, or one that was damaged.
  }
  const plan = await planDownload(wish, context, context.signal);
  await writeWhole(path, JSON.stringify(plan));
  return plan;
}

async function missingBytes(partial: string, plan: DownloadPlan): Promise<number> {
  const sizes = await Promise.all(
    plan.files.map(async ({ path }) => {
      const target = join(partial, path);
      return (await sizeOf(target)) ?? (await sizeOf(`${target}.part`)) ?? 0;
    }),
  );
  return plan.sizeBytes - sizes.reduce((sum, size) => sum + size, 0);
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

const isThere = async (path: string): Promise<boolean> => (await sizeOf(path)) !== undefined;
