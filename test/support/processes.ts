import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: readonly string[];
}

/** All living descendants of a process, from Linux' /proc; zombies do not count. */
function descendantsOf(rootPid: number): ProcessInfo[] {
  const all = allProcesses();
  const found: ProcessInfo[] = [];
  const parents = new Set([rootPid]);
  // Children can have lower ids than their parents once ids wrap around, so go by generation.
  for (let size = 0; size !== parents.size;) {
    size = parents.size;
    for (const info of all) {
      if (parents.has(info.parentPid) && !parents.has(info.pid)) {
        parents.add(info.pid);
        found.push(info);
      }
    }
  }
  return found;
}

/** Processes of ours below `rootPid`: those that run one of the built programs, `engine.cjs` say. */
export const programsBelow = (rootPid: number, program: string): ProcessInfo[] =>
  descendantsOf(rootPid).filter(({ command }) =>
    command.some((word) => basename(word) === program),
  );

export const isAlive = (pid: number): boolean => readProcess(pid) !== undefined;

function allProcesses(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)) ?? []);
}

function readProcess(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold spaces and brackets.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
    return { pid, parentPid: Number(parent), command };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}
