// For people with a desktop VS Code: `npm run build && npx vscode-test`. CI drives a VS Code server instead (test/vscode).
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from '@vscode/test-cli';
import { bundleInside } from './test/vscode/bundleInside.mjs';

await bundleInside();
const userDataDir = mkdtempSync(join(tmpdir(), 'featurescope-'));

export default defineConfig({
  files: 'dist/test/inside/*.inside.cjs',
  launchArgs: ['--user-data-dir', userDataDir, '--disable-workspace-trust'],
  env: { FEATURESCOPE_USER_DATA: userDataDir },
  // Without VSCODE_PATH a VS Code is downloaded.
  ...(process.env.VSCODE_PATH ? { useInstallation: { fromPath: process.env.VSCODE_PATH } } : {}),
  mocha: { ui: 'bdd', timeout: 120_000 },
});
