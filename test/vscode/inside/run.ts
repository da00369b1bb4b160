/** What VS Code calls as `extensionTestsPath`: runs the tests of this folder with mocha inside the extension host. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import type { InsideReport, InsideResult } from './report.ts';
import { figures } from './figures.ts';

export async function run(): Promise<void> {
  const mocha = new Mocha({ timeout: 120_000, reporter: 'min' });
  for (const name of readdirSync(__dirname)) {
    if (name.endsWith('.inside.cjs')) mocha.addFile(join(__dirname, name));
  }
  const results: InsideResult[] = [];
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => {
      resolve();
    });
    runner.on('pass', (test) =>
      results.push({ title: test.title, durationMs: test.duration ?? 0 }),
    );
    runner.on('pending', (test) =>
      results.push({ title: test.title, durationMs: 0, isSkipped: true }),
    );
    runner.on('fail', (test, error: Error) =>
      results.push({ title: test.title, durationMs: 0, error: error.stack ?? error.message }),
    );
  });
  const report: InsideReport = { results, figures: figures() };
  const path = process.env.FEATURESCOPE_INSIDE_REPORT;
  if (!path) throw new Error('FEATURESCOPE_INSIDE_REPORT names no file for the report.');
  writeFileSync(path, JSON.stringify(report));
}
