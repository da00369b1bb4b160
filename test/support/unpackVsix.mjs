import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';

/**
 * Unpacks a VSIX as VS Code does when it installs one.
 *
 * @param {string} file
 * @param {string} dir
 * @returns {string} folder of the extension
 */
export function unpackVsix(file, dir) {
  const entries = unzipSync(readFileSync(file), { filter: ({ name }) => !name.endsWith('/') });
  for (const [name, bytes] of Object.entries(entries)) {
    const path = join(dir, name);
    if (!path.startsWith(dir)) throw new Error(`${name} leads out of the package.`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  return join(dir, 'extension');
}
