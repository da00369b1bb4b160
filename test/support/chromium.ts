import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Quiet, without a sandbox (containers have none) and without calls home. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A hidden or covered page must not run slower.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];

/** The browser of the test tiers; scripts/test.mjs installs it and says where it is. */
export async function launchChromium(): Promise<Browser> {
  const executablePath =
    process.env.FEATURESCOPE_CHROMIUM || places.find((place) => existsSync(place));
  if (!executablePath) throw new Error('No Chromium. `npm test` installs it on Debian.');
  return chromium.launch({ executablePath, args });
}
