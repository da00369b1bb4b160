import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import esbuild from 'esbuild';

const sources = join(import.meta.dirname, 'inside');
export const insideDir = join(dirname(dirname(import.meta.dirname)), 'dist', 'test', 'inside');

/** Bundles the tests that run inside an extension host: one file for each, and the runner that a server calls. */
export async function bundleInside() {
  rmSync(insideDir, { recursive: true, force: true });
  await esbuild.build({
    entryPoints: readdirSync(sources)
      .filter((name) => name === 'run.ts' || name.endsWith('.inside.ts'))
      .map((name) => join(sources, name)),
    outdir: insideDir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    // They come from where the tests run.
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
}
