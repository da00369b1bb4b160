import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureVscodeServer, newestVscode } from './vscodeServer.mjs';

/**
 * Runs a VS Code server with this extension until it is stopped, and prints the address to open.
 *
 * @param {string} root this repository
 * @param {string} folder workspace to open
 * @param {number} port 0 = any free one
 * @returns {Promise<number>} exit code
 */
export async function serve(root, folder, port) {
  const server = await ensureVscodeServer(newestVscode);
  // Beside the sample folder, so that runs and settings are still there next time.
  const dataDir = join(dirname(folder), 'server-data');
  mkdirSync(dataDir, { recursive: true });
  const child = spawn(
    server.node,
    [
      server.main,
      ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
      ...['--accept-server-license-terms', '--disable-telemetry'],
      ...['--server-data-dir', join(dataDir, 'server'), '--user-data-dir', join(dataDir, 'user')],
      ...['--extensions-dir', join(dataDir, 'extensions')],
      // Makes the built workbench honour `payload` in the address.
      '--enable-smoke-test-driver',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  let isToldSo = false;
  child.stdout.on('data', (chunk) => {
    output += chunk.toString();
    const listening = /Extension host agent listening on (\d+)/.exec(output);
    if (!listening || isToldSo) return;
    isToldSo = true;
    const extension = `vscode-remote://127.0.0.1:${listening[1]}${root}`;
    const payload = JSON.stringify([['extensionDevelopmentPath', extension]]);
    const query = new URLSearchParams({ folder, payload });
    console.log(
      `Open in a browser on this machine:\n\n  http://127.0.0.1:${listening[1]}/?${query}\n`,
    );
    console.log('Then press F1 and run "SAE: Generate with Prompt". Ctrl+C ends the server.');
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      if (!isToldSo) console.error(`The VS Code server did not start:\n${output}`);
      resolve(isToldSo ? 0 : (code ?? 1));
    });
  });
}
