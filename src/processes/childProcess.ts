import { type ChildProcess as NodeChild, fork } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { type Connection, connect } from '../protocol/connection.ts';

const stopGraceMs = 5000;
const keptLineCount = 20;

/** One life of a child program of ours (engine or runner): a process and the conversation with it. */
export interface ChildProcess {
  readonly pid: number | undefined;
  readonly connection: Connection;
  /** What it last wrote on standard error: native code's last words. */
  readonly lastLines: readonly string[];
  /** Settles with `signal SIGKILL`, `exit code 1` or why it could not start; the connection is disposed before. */
  readonly ended: Promise<string>;
  /** Ends it at once. */
  kill(): void;
  /** Closes the conversation, disconnects, waits 5 s, then kills. Settles when the process is gone. */
  stop(reason: string): Promise<void>;
}

export interface ChildLaunch {
  readonly path: string;
  /** "The engine", "The inference process": for the error of what was pending when it ended. */
  readonly title: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** With less priority than this process. */
  readonly isBackground?: boolean;
  readonly onNativeLine: (line: string) => void;
}

export function startChild({
  path,
  title,
  env = {},
  isBackground = false,
  onNativeLine,
}: ChildLaunch): ChildProcess {
  const child = fork(path, [], {
    serialization: 'advanced',
    // node:sqlite announces itself as experimental on Node 22.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (isBackground) lowerPriority(child.pid);
  const lastLines: string[] = [];
  if (child.stderr) {
    createInterface(child.stderr).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > keptLineCount) lastLines.shift();
      onNativeLine(line);
    });
  }
  const connection = connect(new IPCMessageReader(child), new IPCMessageWriter(child));
  const ended = endOf(child, (how) => {
    connection.dispose(`${title} ended unexpectedly (${how}).`);
  });
  return {
    pid: child.pid,
    connection,
    lastLines,
    ended,
    kill: () => child.kill('SIGKILL'),
    stop: async (reason) => {
      connection.dispose(reason);
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/**
 * `exit` and `disconnect` come in either order; a child that has only hung up is of no more use and is ended. `onEnd`
 * is called inside the event: `close` may follow in the same turn, and what it says is not why.
 */
async function endOf(child: NodeChild, onEnd: (how: string) => void): Promise<string> {
  child.once('disconnect', () => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
    child.once('exit', () => {
      clearTimeout(timer);
    });
  });
  return new Promise((resolve) => {
    const end = (how: string): void => {
      onEnd(how);
      resolve(how);
    };
    child.once('error', (error) => {
      end(error.message);
    });
    child.once('exit', (code, signal) => {
      end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
    });
  });
}

/** Threads that it starts later have the same; where it is not allowed, or the child has gone, nothing changes. */
function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    const { PRIORITY_BELOW_NORMAL: step, PRIORITY_LOW: least } = constants.priority;
    setPriority(pid, Math.min(least, getPriority() + step));
  } catch {
    // Everything works as before, only slower beside other work.
  }
}
