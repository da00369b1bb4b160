import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { type Connection, connect } from '../../protocol/connection.ts';

const stopGraceMs = 5000;
const keptNativeLines = 20;

/** One life of the runner: a child process and the conversation with it. */
export interface RunnerProcess {
  readonly connection: Connection;
  readonly pid: number | undefined;
  /** Resolves when the child is gone; `lines` are its last native lines. */
  readonly exited: Promise<{ readonly how: string; readonly lines: readonly string[] }>;
  /** Ends it at once: for a run that does not answer a cancel. */
  kill(): void;
  /** Disconnects, waits 5 s, then kills. */
  stop(): Promise<void>;
}

export function startRunner(
  runnerPath: string,
  onNativeLine: (line: string) => void,
): RunnerProcess {
  const child = fork(runnerPath, [], {
    serialization: 'advanced',
    execArgv: [],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  if (child.stderr) {
    createInterface(child.stderr).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptNativeLines) lines.shift();
      onNativeLine(line);
    });
  }
  const connection = connect(new IPCMessageReader(child), new IPCMessageWriter(child));
  const exited = goneFrom(child).then((how) => {
    connection.dispose(`The runner ended: ${how}.`);
    return { how, lines };
  });
  return {
    connection,
    pid: child.pid,
    exited,
    kill: () => child.kill('SIGKILL'),
    stop: async () => {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** `exit` can come without `disconnect` and the other way round: whichever is first ends the conversation. */
async function goneFrom(child: ChildProcess): Promise<string> {
  const failed = once(child, 'error').then(([error]) => String(error));
  const exit = once(child, 'exit').then(([code, signal]) =>
    signal ? `signal ${String(signal)}` : `exit code ${String(code)}`,
  );
  return Promise.race([exit, failed]);
}
