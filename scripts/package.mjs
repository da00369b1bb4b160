/**
 * `node scripts/package.mjs [--target linux-x64] [--out FILE] [--as-built]`: builds for production, unless what is built
 * is wanted, and packs one platform's VSIX.
 * What goes in is the allow-list of .vscodeignore plus ONNX Runtime's native files for that platform.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runProcess } from './runProcess.mjs';

/** VS Code's target names to ONNX Runtime's folders. */
const nativeFolders = {
  'linux-x64': 'linux/x64',
  'linux-arm64': 'linux/arm64',
  'win32-x64': 'win32/x64',
  'win32-arm64': 'win32/arm64',
  'darwin-arm64': 'darwin/arm64',
};

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const { values } = parseArgs({
  options: {
    target: { type: 'string', default: `${process.platform}-${process.arch}` },
    out: { type: 'string' },
    'as-built': { type: 'boolean', default: false },
  },
});
const { target } = values;
const folder = nativeFolders[target];
if (!folder) {
  console.error(`No such target: ${target}. Targets: ${Object.keys(nativeFolders).join(', ')}.`);
  process.exit(2);
}
const out = values.out ?? `featurescope-${target}-${version}.vsix`;

const work = mkdtempSync(join(tmpdir(), 'featurescope-package-'));
const must = async (command, args) => {
  const code = await runProcess(command, args);
  if (code !== 0) process.exit(code);
};
try {
  if (!values['as-built']) await must('node', ['esbuild.mjs', '--production']);
  const ignoreFile = join(work, 'vscodeignore');
  const native = `!node_modules/onnxruntime-node/bin/napi-v6/${folder}/**`;
  writeFileSync(ignoreFile, `${readFileSync('.vscodeignore', 'utf8')}${native}\n`);
  await must('vsce', [
    'package',
    ...['--target', target, '--out', out, '--ignoreFile', ignoreFile],
    // No repository address: relative links in the README stay as they are.
    ...['--allow-missing-repository', '--no-rewrite-relative-links'],
  ]);
  console.log(`${out}: ${(statSync(out).size / 1e6).toFixed(1)} MB`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
