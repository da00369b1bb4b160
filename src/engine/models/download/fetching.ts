import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { modelError } from '../../../protocol/errors.ts';
import type { TransferContext } from './transferFile.ts';

export interface DownloadProgress {
  readonly phase: 'listing' | 'fetching';
  readonly doneBytes: number;
  readonly totalBytes: number;
}

const progressMs = 250;
/** Stays free beside what is fetched. */
const reserveBytes = 256 * 2 ** 20;

/**
 * Does work that fetches, and says a few times a second how far it is. Nothing is fetched while a `yield` is not
 * answered: so it is paused. Nothing goes on after it has ended, however it ended.
 */
export async function* fetching<T>(
  totalBytes: number,
  context: Omit<TransferContext, 'pass' | 'onBytes'>,
  work: (transfer: TransferContext) => Promise<T>,
): AsyncGenerator<DownloadProgress, T> {
  let doneBytes = 0;
  let opened = Promise.resolve();
  let open = (): void => undefined;
  const stop = new AbortController();
  const state = { isOver: false };
  const all = work({
    ...context,
    signal: AbortSignal.any([context.signal, stop.signal]),
    pass: () => opened,
    onBytes: (count) => {
      doneBytes += count;
    },
  }).finally(() => {
    state.isOver = true;
  });
  all.catch(() => undefined);
  try {
    while (!state.isOver) {
      await Promise.race([all, delay(progressMs)]);
      opened = new Promise((resolve) => {
        open = resolve;
      });
      yield { phase: 'fetching', doneBytes, totalBytes };
      open();
    }
    return await all;
  } finally {
    open();
    stop.abort();
    await all.catch(() => undefined);
  }
}

/** @throws `model` when the disk has no room for what is missing */
export async function checkSpace(dir: string, missingBytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  const free = bavail * bsize;
  if (missingBytes + reserveBytes <= free) return;
  const inGb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw modelError(
    `${what} needs ${inGb(missingBytes)} more, but ${inGb(free)} are free in ${dirname(dir)} (0.3 GB stay free).`,
  );
}
