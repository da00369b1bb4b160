import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;
const sampleMs = 200;

/**
 * Watches what a process uses, by /proc: Linux only, elsewhere every figure is NaN. Memory that is its own (what it
 * computed or copied) is told apart from mapped files, which the system drops when it needs the room.
 *
 * @param {() => number | undefined} pidOf the process that is watched; may change
 */
export function watchProcess(pidOf) {
  let peak = { ownBytes: 0, mappedBytes: 0 };
  const look = () => {
    const { ownBytes, mappedBytes } = memoryOf(pidOf());
    if (ownBytes > peak.ownBytes) peak = { ...peak, ownBytes };
    if (mappedBytes > peak.mappedBytes) peak = { ...peak, mappedBytes };
  };
  const timer = setInterval(look, sampleMs);
  return {
    /** Largest of each since the last call. */
    takePeak: () => {
      look();
      const taken = peak;
      peak = { ownBytes: 0, mappedBytes: 0 };
      return taken;
    },
    cpuSeconds: () => cpuSecondsOf(pidOf()),
    stop: () => {
      clearInterval(timer);
    },
  };
}

function memoryOf(pid) {
  const status = readProc(pid, 'status');
  const bytes = (key) => 1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { ownBytes: bytes('RssAnon'), mappedBytes: bytes('RssFile') };
}

/** User and system time of all its threads; 0 before it is there. */
function cpuSecondsOf(pid) {
  if (pid === undefined) return 0;
  const fields = readProc(pid, 'stat').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function readProc(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
