#!/usr/bin/env node
/** What `npx featurescope …` runs in a clone: the built command line under the pinned Node. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runProcess } from './runProcess.mjs';

const root = dirname(import.meta.dirname);
const program = join(root, 'dist', 'cli.cjs');

try {
  if (!existsSync(program)) {
    // Standard output belongs to the command line's result.
    const stdio = ['ignore', 2, 2];
    const code = await runProcess('node', ['esbuild.mjs'], { cwd: root, stdio });
    if (code !== 0) process.exit(1);
  }
  process.exitCode = await runProcess('node', [program, ...process.argv.slice(2)]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
