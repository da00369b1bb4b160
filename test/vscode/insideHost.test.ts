import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import esbuild from 'esbuild';
import { Test } from 'mocha';
import { launchChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import type { InsideReport } from './inside/report.ts';
import { startVscodeServer } from './server.ts';
import { artifactsDir, repositoryDir, Workbench } from './workbench.ts';

const sources = join(import.meta.dirname, 'inside');
const bundleDir = join(repositoryDir, 'dist', 'test', 'inside');

describe('inside the extension host', function () {
  this.timeout(240_000);

  before(async function () {
    await bundle();
    const { results, figures, vscode } = await runInside();
    writeFileSync(join(artifactsDir, `figures-${vscode}.json`), JSON.stringify(figures, null, 2));
    for (const { title, error, isSkipped } of results) {
      const body = (): void => {
        if (error !== undefined) throw new Error(error);
      };
      this.test?.parent?.addTest(isSkipped ? new Test(title) : new Test(title, body));
    }
  });

  it('the extension host ran the tests and reported', () => {
    assert.ok(existsSync(join(bundleDir, 'run.cjs')));
  });
});

/** One file for each test, and the runner; `vscode` and mocha come from where they run. */
async function bundle(): Promise<void> {
  rmSync(bundleDir, { recursive: true, force: true });
  await esbuild.build({
    entryPoints: readdirSync(sources)
      .filter((name) => name === 'run.ts' || name.endsWith('.inside.ts'))
      .map((name) => join(sources, name)),
    outdir: bundleDir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  });
}

async function runInside(): Promise<InsideReport & { readonly vscode: string }> {
  mkdirSync(artifactsDir, { recursive: true });
  const reportPath = join(artifactsDir, 'inside-report.json');
  rmSync(reportPath, { force: true });
  const server = await startVscodeServer({
    isTrustDisabled: true,
    environment: { FEATURESCOPE_INSIDE_REPORT: reportPath },
  });
  const browser = await launchChromium();
  try {
    const folder = join(server.dataDir, 'workspace');
    mkdirSync(folder);
    const testsPath = join(bundleDir, 'run.cjs');
    const workbench = await Workbench.open({ browser, server, folder, testsPath });
    const report = await eventually(
      'the report of the tests inside the extension host',
      () => existsSync(reportPath) && readFileSync(reportPath, 'utf8'),
      200_000,
    ).catch(async (error: unknown) => {
      await workbench.screenshot('failed-inside-host');
      throw new Error(`${String(error)}\n${server.output()}\n${workbench.consoleLines.join('\n')}`);
    });
    return { ...(JSON.parse(report) as InsideReport), vscode: server.vscode };
  } finally {
    await browser.close();
    await server.stop();
  }
}
