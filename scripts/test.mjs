/**
 * `node scripts/test.mjs [TIER…] [-- MOCHA OPTIONS…]`: runs the tiers named, or all of them, installs what is missing
 * when it may, and closes with one line "N passed, N failed[, N skipped]". `--oldest` also runs the packaged extension in
 * the oldest VS Code that is supported; `--full` does that and runs the long proofs in full.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { runProcess } from './runProcess.mjs';
import { unpackVsix } from '../test/support/unpackVsix.mjs';
import { newestVscode, oldestVscode, ensureVscodeServer } from './vscodeServer.mjs';

/**
 * Specs and needs of each tier, in the order in which a fault is cheapest to find; files of `isParallel` share nothing.
 * Where a browser is driven, CI tries a failed test up to twice more and names it: a verdict on a busy machine is about the program.
 */
const tiers = {
  unit: { specs: ['src/**/*.test.ts', 'webview/**/*.test.ts'] },
  house: { specs: ['test/house/**/*.test.ts'], needsBuild: true },
  engine: { specs: ['test/engine/**/*.test.ts'], needsBuild: true, isParallel: true },
  soak: { specs: ['test/soak/**/*.test.ts'], needsBuild: true },
  webview: {
    specs: ['test/webview/**/*.test.ts'],
    needsBuild: true,
    needsChromium: true,
    isParallel: true,
  },
  vscode: {
    specs: ['test/vscode/**/*.test.ts'],
    needsBuild: true,
    needsChromium: true,
    needsVscode: true,
  },
};

const all = process.argv.slice(2);
const split = all.indexOf('--');
const own = split < 0 ? all : all.slice(0, split);
const isFull = own.includes('--full');
const hasOldest = isFull || own.includes('--oldest');
if (isFull) process.env.FEATURESCOPE_SOAK = 'full';
const named = own.filter((word) => !word.startsWith('-'));
// `npm test -- --grep x` reaches us without a second `--`.
const mochaOptions = [
  ...own.filter((word) => word.startsWith('-') && !['--full', '--oldest'].includes(word)),
  ...(split < 0 ? [] : all.slice(split + 1)),
];
const unknown = named.filter((name) => !(name in tiers));
if (unknown.length > 0) {
  console.error(`No such tier: ${unknown.join(', ')}. Tiers: ${Object.keys(tiers).join(', ')}.`);
  process.exit(2);
}
const wanted = named.length > 0 ? named : Object.keys(tiers);

const artifacts = join('test', '.artifacts');
mkdirSync(artifacts, { recursive: true });
const totals = { passed: 0, failed: 0, skipped: 0 };
const summaries = [];
const tierLimitMs = 20 * 60_000;
/** After this long a run that is not full leaves the oldest VS Code out, so that its verdict comes in time. */
const oldestLimitMs = 15 * 60_000;

async function runTier(name, environment, title = name) {
  const counts = join(artifacts, `counts-${title.replaceAll(' ', '-')}.json`);
  rmSync(counts, { force: true });
  console.log(`\n=== ${title} ===`);
  const startMs = Date.now();
  const code = await runProcess(
    'mocha',
    [
      ...(process.env.CI ? ['--forbid-only'] : []),
      ...(process.env.CI && tiers[name].needsChromium ? ['--retries', '2'] : []),
      ...(tiers[name].isParallel ? ['--parallel', '--jobs', '2'] : []),
      ...['--reporter', './test/support/countingReporter.cjs'],
      ...mochaOptions,
      ...tiers[name].specs,
    ],
    {
      env: { ...process.env, ...environment, FEATURESCOPE_COUNTS: counts },
      // A test that leaves something open keeps mocha alive; that is a failure, not a wait.
      ...(isFull ? {} : { timeout: tierLimitMs, killSignal: 'SIGKILL' }),
    },
  );
  const result = existsSync(counts)
    ? JSON.parse(readFileSync(counts, 'utf8'))
    : { passed: 0, failed: 0, skipped: 0 };
  // mocha that ends badly after green tests (a crash, a file that does not load, its time limit) is a failure too.
  if (code !== 0 && result.failed === 0) result.failed = 1;
  for (const key of Object.keys(totals)) totals[key] += result[key];
  summaries.push(`${title}: ${result.passed} passed, ${result.failed} failed, ${seconds(startMs)}`);
}

async function prepare(title, work) {
  const startMs = Date.now();
  try {
    const result = await work();
    if (Date.now() - startMs > 2000) console.log(`${title}: ready after ${seconds(startMs)}`);
    return result;
  } catch (error) {
    console.error(`${title}: ${error.message}`);
    return undefined;
  }
}

async function runVscodeTier(name, version) {
  const isOldest = version === oldestVscode;
  const title = `${name} ${version.vscode}`;
  const server = await prepare(`VS Code ${version.vscode}`, () => ensureVscodeServer(version));
  if (!server) return fail(title, 'its server could not be installed');
  const environment = {
    FEATURESCOPE_CHROMIUM: chromium,
    FEATURESCOPE_VSCODE: JSON.stringify(server),
  };
  if (!isOldest) return runTier(name, environment, title);
  // The oldest version runs what people install, not the folder that it was built in.
  const work = mkdtempSync(join(tmpdir(), 'featurescope-packed-'));
  try {
    const vsix = join(work, 'featurescope.vsix');
    const code = await runProcess('node', ['scripts/package.mjs', '--out', vsix]);
    if (code !== 0) return fail(title, 'the extension could not be packaged');
    const extension = unpackVsix(vsix, work);
    return await runTier(name, { ...environment, FEATURESCOPE_EXTENSION: extension }, title);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const seconds = (startMs) => `${((Date.now() - startMs) / 1000).toFixed(1)} s`;
const needs = (what) => wanted.some((name) => tiers[name][what]);
const fail = (title, why) => {
  totals.failed += 1;
  summaries.push(`${title}: not run, ${why}`);
};

const startMs = Date.now();
const isBuilt =
  !needs('needsBuild') || (await prepare('Build', () => runProcess('node', ['esbuild.mjs']))) === 0;
const chromium = needs('needsChromium') && (await prepare('Chromium', ensureChromium));

for (const name of wanted) {
  const tier = tiers[name];
  if (tier.needsBuild && !isBuilt) fail(name, 'the build failed');
  else if (tier.needsChromium && !chromium) fail(name, 'there is no Chromium');
  else if (!tier.needsVscode) await runTier(name, { FEATURESCOPE_CHROMIUM: chromium || '' });
  else {
    await runVscodeTier(name, newestVscode);
    if (!hasOldest) continue;
    if (isFull || Date.now() - startMs < oldestLimitMs) await runVscodeTier(name, oldestVscode);
    else {
      totals.skipped += 1;
      summaries.push(`${name} ${oldestVscode.vscode}: left out, the machine was too slow today`);
    }
  }
}

console.log(`\n${summaries.join('\n')}\n${seconds(startMs)} in all`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
