/**
 * Builds the six kinds of programs into dist/: extension, engine, runner, picture decoder, command line and one bundle per
 * panel.
 * `node esbuild.mjs [--watch] [--production]`. Writes dist/meta.json, which test/house/walls.test.ts reads.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import esbuild from 'esbuild';

const isWatch = process.argv.includes('--watch');
const isProduction = process.argv.includes('--production');

const shared = {
  bundle: true,
  sourcemap: isProduction ? false : 'linked',
  minify: isProduction,
  metafile: true,
  logLevel: 'warning',
  legalComments: 'linked',
};

/** Node programs; native and platform packages stay outside and are shipped as node_modules. */
const node = (entry, name, external = []) => ({
  ...shared,
  entryPoints: [entry],
  outfile: `dist/${name}.cjs`,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  external: ['vscode', 'onnxruntime-node', ...external],
  // Its other form asks for its parts in a way that no bundler can follow.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
});

/**
 * The extension, with what it imports by `import()` in files of their own: code that no command has needed yet is not even
 * read. esbuild splits ES modules alone, so its files are turned into what an extension host loads, one by one.
 */
const splitNode = (entry, name) => {
  const options = { ...node(entry, name), outfile: undefined };
  return {
    ...options,
    entryPoints: { [name]: entry },
    outdir: 'dist',
    chunkNames: `${name}/[name]-[hash]`,
    outExtension: { '.js': '.cjs' },
    format: 'esm',
    splitting: true,
    write: false,
    // The second turn reads the first one's map from the file itself.
    sourcemap: options.sourcemap && 'inline',
    plugins: [{ name: 'to-cjs', setup: (build) => build.onEnd((made) => writeCjs(made, name)) }],
  };
};

async function writeCjs({ outputFiles = [] }, name) {
  rmSync(join('dist', name), { recursive: true, force: true });
  for (const { path, contents, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    if (!path.endsWith('.cjs')) {
      writeFileSync(path, contents);
      continue;
    }
    const { code, map } = await esbuild.transform(text, {
      ...{ format: 'cjs', platform: 'node', target: 'node22', sourcefile: path },
      ...{ minify: isProduction, sourcemap: isProduction ? false : 'external' },
      legalComments: 'none',
    });
    const file = path.split(/[/\\]/).at(-1);
    writeFileSync(path, map ? `${code}//# sourceMappingURL=${file}.map\n` : code);
    if (map) writeFileSync(`${path}.map`, map);
  }
}

const panelNames = readdirSync('webview', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join('webview', entry.name, 'main.ts')))
  .map((entry) => entry.name);

const panel = (name) => ({
  ...shared,
  entryPoints: {
    [name]: join('webview', name, 'main.ts'),
    ...(existsSync(join('webview', name, 'style.css'))
      ? { [`${name}-style`]: join('webview', name, 'style.css') }
      : {}),
  },
  outdir: 'dist/webview',
  platform: 'browser',
  format: 'iife',
  target: 'chrome128',
  external: ['*.ttf', '*.woff2'],
});

const builds = {
  extension: splitNode('src/host/extension.ts', 'extension'),
  engine: node('src/engine/main.ts', 'engine'),
  runner: node('src/runner/main.ts', 'runner'),
  decoder: node('src/engine/pictures/main.ts', 'decoder', ['@cwasm/*']),
  cli: node('src/cli/main.ts', 'cli'),
  ...Object.fromEntries(panelNames.map((name) => [`webview/${name}`, panel(name)])),
};

mkdirSync('dist', { recursive: true });
if (isWatch) {
  for (const options of Object.values(builds)) {
    const context = await esbuild.context({ ...options, logLevel: 'info' });
    await context.watch();
  }
} else {
  const metafiles = {};
  const missing = Object.entries(builds).filter(([, { entryPoints }]) =>
    [entryPoints].flat().some((entry) => typeof entry === 'string' && !existsSync(entry)),
  );
  for (const [name] of missing) delete builds[name];
  await Promise.all(
    Object.entries(builds).map(async ([name, options]) => {
      metafiles[name] = (await esbuild.build(options)).metafile;
    }),
  );
  writeFileSync('dist/meta.json', JSON.stringify(metafiles));
}
