const hasThreadClock = 'threadCpuUsage' in process;

/**
 * CPU time of this thread, in ms. On a machine that is busy with other things a wall clock measures those; this one
 * measures what our code kept the extension host from doing. Before Node 23.9: of the whole process, which is more.
 */
export function cpuMs(): number {
  const { user, system } = hasThreadClock ? process.threadCpuUsage() : process.cpuUsage();
  return (user + system) / 1000;
}

export interface Gaps {
  /** Longest time between two turns of the event loop. */
  readonly wallMs: number;
  /** Longest time that this thread worked between two turns: what it would be on an idle machine. */
  readonly cpuMs: number;
}

/** Watches the event loop until `stop`, from one timer to the next. */
export function watchEventLoop(): { stop(): Gaps } {
  let wallMs = 0;
  let busyMs = 0;
  let lastWall = performance.now();
  let lastCpu = cpuMs();
  const timer = setInterval(() => {
    const wall = performance.now();
    const cpu = cpuMs();
    wallMs = Math.max(wallMs, wall - lastWall);
    busyMs = Math.max(busyMs, cpu - lastCpu);
    lastWall = wall;
    lastCpu = cpu;
  }, 1);
  return {
    stop: () => {
      clearInterval(timer);
      return { wallMs, cpuMs: busyMs };
    },
  };
}
