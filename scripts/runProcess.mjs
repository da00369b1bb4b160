import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { chooseNode, environmentWith } from './pinnedNode.mjs';

/**
 * Runs a command under the chosen Node and passes this process's signals on.
 *
 * @param {string} command `node`, a name from node_modules/.bin, or a path
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>} exit code; 128 + the signal's number when a signal ended it, as shells do
 */
export function runProcess(command, args, options = {}) {
  const node = chooseNode();
  const isNode = command === 'node';
  const child = spawn(isNode ? node : command, args, {
    stdio: 'inherit',
    // npm's launchers on Windows are .cmd files, which only a shell starts.
    shell: process.platform === 'win32' && !isNode,
    ...options,
    env: environmentWith(node, options.env ?? process.env),
  });
  const forward = (signal) => {
    // A terminal sends Ctrl+C to the whole group: the child has it already, and a second one means "at once".
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      for (const each of signals) process.off(each, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
