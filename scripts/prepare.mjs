/** npm runs this after `npm ci`: builds, so that `npx featurescope` and the extension work at once. */
import { existsSync } from 'node:fs';
import { runProcess } from './runProcess.mjs';

// An install without development dependencies has nothing to build with.
if (existsSync('node_modules/esbuild'))
  process.exitCode = await runProcess('node', ['esbuild.mjs']);
