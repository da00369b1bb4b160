import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FeaturescopeError, modelError } from '../../../protocol/errors.ts';
import type { PlannedFile } from './downloadPlan.ts';
import { type HubAccess, hubFailure, statusFailure } from './hubClient.ts';

/** Where files come from. */
export interface TransferSource {
  /** For messages. */
  readonly repo: string;
  readonly urlOf: (file: PlannedFile) => string;
}

export interface TransferContext extends HubAccess {
  readonly signal: AbortSignal;
  /** Waited for before each piece is written: how a download is paused. */
  readonly pass: () => Promise<void>;
  readonly onBytes: (count: number) => void;
  readonly onNote: (text: string) => void;
  /** A connection that gives nothing for so long is given up. */
  readonly stallMs?: number;
  /** Before the first new attempt; twice as long before each further one, up to 30 s. */
  readonly retryMs?: number;
}

/** Attempts in a row that bring not one byte. */
const fruitlessMax = 6;
const retryLongestMs = 30_000;

/**
 * Fetches one file into `dir`: into `<path>.part` first, going on where an earlier attempt ended, and renames it once its
 * size and hash are right. A file that is there already is left alone.
 *
 * @returns bytes that came over the network
 * @throws `model` naming file and cause; the signal's reason when it aborts: what was fetched stays for the next time
 */
export async function transferFile(
  dir: string,
  source: TransferSource,
  file: PlannedFile,
  context: TransferContext,
): Promise<number> {
  const target = join(dir, file.path);
  if ((await sizeOf(target)) === file.sizeBytes) {
    context.onBytes(file.sizeBytes);
    return 0;
  }
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.part`;
  let fetchedBytes = 0;
  for (let attempt = 0; ; attempt++) {
    const before = Math.min((await sizeOf(part)) ?? 0, file.sizeBytes);
    context.onBytes(before);
    fetchedBytes += await fetchAll(part, source, file, context);
    const hash = await hashOf(part, file);
    if (hash === file.hash.hex) break;
    context.onBytes(-file.sizeBytes);
    await rm(part, { force: true });
    const what = `${source.repo}/${file.path} has the wrong hash (${hash}, not ${file.hash.hex})`;
    if (attempt > 0) throw modelError(`${what}, twice: the server gives other bytes than it lists.`);
    context.onNote(`${what}; it is fetched again`);
  }
  await rename(part, target);
  return fetchedBytes;
}

/** Until the part has all its bytes; an attempt that brought some is followed by the next at once. */
async function fetchAll(
  part: string,
  source: TransferSource,
  file: PlannedFile,
  context: TransferContext,
): Promise<number> {
  const { signal, retryMs = 1000 } = context;
  let fetchedBytes = 0;
  for (let fruitless = 0; ; ) {
    signal.throwIfAborted();
    const have = (await sizeOf(part)) ?? 0;
    if (have === file.sizeBytes && have > 0) return fetchedBytes;
    if (have > file.sizeBytes) {
      context.onBytes(file.sizeBytes - have);
      await rm(part);
      continue;
    }
    try {
      await fetchOnce(part, have, source, file, context);
      if (file.sizeBytes === 0) return fetchedBytes;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof FeaturescopeError) throw error;
      const words = error instanceof Error ? error.message : String(error);
      context.onNote(`${file.path}: ${words}`);
      if (fruitless === fruitlessMax) {
        throw hubFailure(error, `${source.repo}/${file.path}`, context.hubUrl, Boolean(context.token));
      }
    }
    const gained = ((await sizeOf(part)) ?? 0) - have;
    fetchedBytes += Math.max(0, gained);
    fruitless = gained > 0 ? 0 : fruitless + 1;
    if (fruitless > fruitlessMax) {
      throw modelError(`${source.repo}/${file.path} ends after ${String(have)} of ${String(file.sizeBytes)} bytes.`);
    }
    if (fruitless > 0) {
      await delay(Math.min(retryMs * 2 ** (fruitless - 1), retryLongestMs), undefined, { signal });
    }
  }
}

async function fetchOnce(
  part: string,
  from: number,
  source: TransferSource,
  file: PlannedFile,
  context: TransferContext,
): Promise<void> {
  const { hubUrl, token, stallMs = 30_000 } = context;
  const { repo, urlOf } = source;
  const stall = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stall.abort(new Error(`no bytes for ${String(stallMs / 1000)} s`));
    }, stallMs);
  };
  watch();
  try {
    const response = await fetch(urlOf(file), {
      signal: AbortSignal.any([context.signal, stall.signal]),
      headers: {
        // A compressed answer has no ranges.
        'accept-encoding': 'identity',
        ...(from > 0 && { range: `bytes=${String(from)}-` }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
    });
    const { status, body } = response;
    if (status >= 400 && status < 500 && status !== 416 && status !== 429 && status !== 408) {
      throw statusFailure(status, `${repo}/${file.path}`, hubUrl, Boolean(token));
    }
    if ((status !== 200 && status !== 206) || !body) {
      throw new Error(`the server answered ${String(status)}`);
    }
    // The whole file instead of the range that was asked for: it begins anew.
    const start = status === 206 ? rangeStart(response) : 0;
    if (start !== from && start !== 0) throw new Error('the server gave another range');
    if (start !== from) context.onBytes(-from);
    const out = await open(part, start === 0 ? 'w' : 'a');
    try {
      let at = start;
      for await (const chunk of body as AsyncIterable<Uint8Array>) {
        clearTimeout(timer);
        await context.pass();
        context.signal.throwIfAborted();
        const room = file.sizeBytes - at;
        const bytes = chunk.length > room ? chunk.subarray(0, room) : chunk;
        // Not `write`, which may write a part.
        await out.writeFile(bytes);
        at += bytes.length;
        context.onBytes(bytes.length);
        if (chunk.length > room) throw new Error('the server gives more bytes than it lists');
        watch();
      }
    } finally {
      await out.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

function rangeStart({ headers }: Response): number {
  const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
  if (start === undefined) throw new Error('the server gave a range without saying which');
  return Number(start);
}

async function hashOf(path: string, { hash, sizeBytes }: PlannedFile): Promise<string> {
  const digest: Hash = createHash(hash.kind === 'git' ? 'sha1' : hash.kind);
  if (hash.kind === 'git') digest.update(`blob ${String(sizeBytes)}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    digest.update(chunk as Buffer);
  }
  return digest.digest('hex');
}

const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
