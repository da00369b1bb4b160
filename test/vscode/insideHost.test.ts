import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Test } from 'mocha';
import { launchChromium } from '../support/chromium.ts';
import { eventually } from '../support/eventually.ts';
import { bundleInside, insideDir } from './bundleInside.mjs';
import type { InsideReport } from './inside/report.ts';
import { startVscodeServer } from './server.ts';
import { artifactsDir, Workbench } from './workbench.ts';

describe('inside the extension host', function () {
  this.timeout(240_000);
  let reportedCount = 0;

  before(async function () {
    await bundleInside();
    const { results, figures, vscode } = await runInside();
    writeFileSync(join(artifactsDir, `figures-${vscode}.json`), JSON.stringify(figures, null, 2));
    for (const [name, ms] of Object.entries(figures)) {
      console.log(`      ${name} ${ms.toFixed(1)} (goal: below 50)`);
    }
    reportedCount = results.length;
    for (const { title, error, isSkipped } of results) {
      const body = (): void => {
        if (error !== undefined) throw new Error(error);
      };
      this.test?.parent?.addTest(isSkipped ? new Test(title) : new Test(title, body));
    }
  });

  // mocha runs `before` only where there is a test; the others are added by it.
  it('the extension host ran the tests and reported', () => {
    assert.ok(reportedCount > 0, 'no test ran');
  });
});

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
    const testsPath = join(insideDir, 'run.cjs');
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
