import { existsSync } from 'node:fs';
import { installPackages } from './debianPackages.mjs';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** @returns {string | undefined} the browser for tests: FEATURESCOPE_CHROMIUM, or where systems put it */
export function findChromium() {
  const asked = process.env.FEATURESCOPE_CHROMIUM;
  if (asked) return asked;
  return places.find((path) => existsSync(path));
}

/**
 * Finds a Chromium, or installs Debian's when this process may.
 *
 * @returns {Promise<string>} path of the browser
 */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  installPackages(['chromium']);
  const installed = findChromium();
  if (!installed) throw new Error('apt-get installed no Chromium where it was expected.');
  return installed;
}
