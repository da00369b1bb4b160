import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** True where `apt-get install` can work: Debian or a relative of it, as root. */
const canInstallPackages = () =>
  process.platform === 'linux' && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;

/**
 * @param {readonly string[]} names Debian packages
 * @throws Error that says what a person can do instead
 */
export function installPackages(names) {
  if (!canInstallPackages()) {
    throw new Error(
      `Missing: ${names.join(', ')}. On Debian: sudo apt-get install ${names.join(' ')}`,
    );
  }
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  const install = ['install', '-y', '--no-install-recommends', ...names];
  console.log(`Installing with apt-get: ${names.join(' ')}`);
  // The package lists of a fresh machine are empty or old.
  spawnSync('apt-get', ['update'], options);
  const { status } = spawnSync('apt-get', install, options);
  if (status !== 0) throw new Error(`apt-get install ${names.join(' ')} failed.`);
}
