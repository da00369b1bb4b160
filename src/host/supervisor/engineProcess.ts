import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { connect, type Connection } from '../../protocol/connection.ts';

const stopGraceMs = 5000;
const keptLineCount = 20;

/** One life of the engine: a child process and the conversation with it. */
export interface EngineProcess {
  readonly pid: number | undefined;
  readonly connection: Connection;
  /** What it last wrote on standard error; may still grow for a moment after the end. */
  readonly lastLines: readonly string[];
  /** Settles with `signal SIGKILL`, `exit code 1` or why it could not start; the connection is disposed before. */
  readonly ended: Promise<string>;
  /** Disconnects, waits 5 s, then kills. Settles when the process is gone. */
  stop(reason: string): Promise<void>;
}

export interface EngineLaunch {
  readonly enginePath: string;
  /** What the engine has to know before its first request. */
  readonly config: EngineConfig;
  readonly onNativeLine: (line: string) => void;
}

export interface EngineConfig {
  readonly extensionDir: string;
  readonly storageDir: string;
  readonly provider: string;
  /** 0 = ONNX Runtime's own choice. */
  readonly threadCount: number;
  readonly quotaBytes: number;
}

export function startEngine({ enginePath, config, onNativeLine }: EngineLaunch): EngineProcess {
  const child = fork(enginePath, [], {
    serialization: 'advanced',
    // node:sqlite announces itself as experimental on Node 22.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {
      ...process.env,
      ELECTRON_RUN_AS_NODE: '1',
      FEATURESCOPE_CONFIG: JSON.stringify(config),
    },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const lastLines: string[] = [];
  if (child.stderr) {
    createInterface(child.stderr).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > keptLineCount) lastLines.shift();
      onNativeLine(line);
    });
  }
  const connection = connect(new IPCMessageReader(child), new IPCMessageWriter(child));
  const ended = endOf(child).then((how) => {
    connection.dispose(endedUnexpectedly(how));
    return how;
  });
  return {
    pid: child.pid,
    connection,
    lastLines,
    ended,
    stop: async (reason) => {
      connection.dispose(reason);
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

export const endedUnexpectedly = (how: string): string => `The engine ended unexpectedly (${how}).`;

/** `exit` and `disconnect` come in either order; a child that has only hung up is of no more use and is ended. */
async function endOf(child: ChildProcess): Promise<string> {
  child.once('disconnect', () => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopGraceMs);
    child.once('exit', () => {
      clearTimeout(timer);
    });
  });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `exit code ${String(code)}` : `signal ${signal}`);
    });
  });
}
