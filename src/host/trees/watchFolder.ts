import { type FSWatcher, watch } from 'node:fs';
import type { Disposable } from '../disposables.ts';

const settleMs = 300;

/** Tells once for each burst of changes in a folder. A folder that cannot be watched is not: nothing depends on it. */
export function watchFolder(dir: string, onChange: () => void): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dir, { persistent: false }, () => {
      clearTimeout(timer);
      timer = setTimeout(onChange, settleMs);
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    // Gone, or on a file system without events.
  }
  return {
    dispose: () => {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
