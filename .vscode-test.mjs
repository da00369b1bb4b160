// For people with a desktop VS Code: `npx vscode-test`. CI drives a VS Code server instead (test/vscode).
import { defineConfig } from '@vscode/test-cli';

export default defineConfig({
  files: 'dist/test/inside/*.inside.cjs',
  // Without VSCODE_PATH a VS Code is downloaded.
  ...(process.env.VSCODE_PATH ? { useInstallation: { fromPath: process.env.VSCODE_PATH } } : {}),
  mocha: { ui: 'bdd', timeout: 120_000 },
});
