import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** A VS Code server that scripts/vscodeServer.mjs installed. */
interface Installation {
  readonly vscode: string;
  readonly main: string;
  readonly node: string;
}

export interface ServerOptions {
  /** False leaves Restricted Mode as it is for people: the first window of a folder asks. */
  readonly isTrustDisabled: boolean;
  /** Settings of the user, as in settings.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface VscodeServer {
  readonly port: number;
  readonly vscode: string;
  /** Fresh folder with the data of this server and of extensions; deleted by `stop`. */
  readonly dataDir: string;
  readonly pid: number;
  output(): string;
  stop(): Promise<void>;
}

/** Starts a VS Code server on a free port of this machine, with empty data folders. */
export async function startVscodeServer(options: ServerOptions): Promise<VscodeServer> {
  const installation = findInstallation();
  const dataDir = mkdtempSync(join(tmpdir(), 'featurescope-vscode-'));
  writeSettings(dataDir, { ...quietSettings, ...options.settings });
  const child = spawn(
    installation.node,
    [
      installation.main,
      ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token'],
      '--accept-server-license-terms',
      ...['--user-data-dir', join(dataDir, 'user'), '--server-data-dir', join(dataDir, 'server')],
      ...['--extensions-dir', join(dataDir, 'extensions')],
      // Makes the built workbench honour `payload` in the address.
      '--enable-smoke-test-driver',
      '--disable-telemetry',
      ...(options.isTrustDisabled ? ['--disable-workspace-trust'] : []),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        FEATURESCOPE_USER_DATA: join(dataDir, 'user'),
        ...options.environment,
      },
    },
  );
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  try {
    const port = await listening(child, () => output);
    return {
      port,
      dataDir,
      vscode: installation.vscode,
      pid: child.pid ?? -1,
      output: () => output,
      stop: () => stop(child, dataDir),
    };
  } catch (error) {
    await stop(child, dataDir);
    throw error;
  }
}

/** Nothing opens by itself and nothing calls home, so that a screenshot shows what the test did. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'workbench.tips.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
};

function writeSettings(dataDir: string, settings: Readonly<Record<string, unknown>>): void {
  // The server reads the user's settings as machine settings; the browser's own profile has none.
  for (const folder of ['user/Machine', 'user/User', 'server/data/Machine']) {
    mkdirSync(join(dataDir, folder), { recursive: true });
    writeFileSync(join(dataDir, folder, 'settings.json'), JSON.stringify(settings));
  }
}

function findInstallation(): Installation {
  const given = process.env.FEATURESCOPE_VSCODE;
  if (given) return JSON.parse(given) as Installation;
  // Where scripts/vscodeServer.mjs puts the newest one, for mocha started by hand.
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const dir = join(cache, 'featurescope', 'vscode-1.139.1', 'node_modules');
  return {
    vscode: '1.139.1',
    main: join(dir, 'code-server/lib/vscode/out/server-main.js'),
    node: join(dir, `node-linux-${process.arch}/bin/node`),
  };
}

async function listening(child: ChildProcess, output: () => string): Promise<number> {
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 50) {
    const port = /Extension host agent listening on (\d+)/.exec(output())?.[1];
    if (port) return Number(port);
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The VS Code server did not start:\n${output()}`);
}

async function stop(child: ChildProcess, dataDir: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  }
  // Extension hosts end a moment after their server and may still write.
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
