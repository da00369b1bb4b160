import type { Disposable } from '../disposables.ts';

export interface Throttle extends Disposable {
  /** Asks for a call: at once when the last one is long enough ago, else when it is. */
  (): void;
}

/** Calls `action` at most once per `intervalMs`; the last request is always honoured. */
export function throttle(action: () => void, intervalMs: number): Throttle {
  let timer: NodeJS.Timeout | undefined;
  let lastAt = -Infinity;
  const call = (): void => {
    timer = undefined;
    lastAt = performance.now();
    action();
  };
  const ask = (): void => {
    if (timer) return;
    const waitMs = lastAt + intervalMs - performance.now();
    if (waitMs <= 0) call();
    else timer = setTimeout(call, waitMs);
  };
  return Object.assign(ask, {
    dispose: () => {
      clearTimeout(timer);
    },
  });
}
