import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { temporaryFolder } from '../../test/support/saeFile.ts';
import { madeUpManifest, madeUpRows } from '../../test/support/madeUpReport.ts';
import { chartsOf } from '../engine/lens/specialization/charts/chartsOf.ts';
import { claimLines, writeReport } from './specializationReport.ts';

/** Of a report; its charts come to it. */
const facts = {
  ...{ modelId: 'toy', isEmbedded: true, promptsName: 'prompts.txt', promptCount: 12 },
  ...{ measuredCount: 6, blockPromptCount: 12, blocks: ['down.2.1', 'up.0.1'] },
  ...{ featureCount: 4, notes: [] },
};

describe('a report as a document', () => {
  const place = temporaryFolder();
  after(() => {
    place.remove();
  });
  const made = chartsOf(madeUpManifest, madeUpRows);

  it('has every chart with all its cells, and the paper’s claims beside them', async () => {
    const report = {
      ...facts,
      ...made,
    };
    const text = readFileSync(await writeReport(place.dir, report), 'utf8');
    const files = readdirSync(place.dir).filter((name) => name.endsWith('.svg'));
    assert.equal(files.length, made.charts.length);
    assert.ok(files.every((name) => text.includes(`(${name})`)));
    const marks = made.charts.flatMap(({ facets }) => facets.flatMap(({ series }) => series.flatMap((one) => one.marks))); // prettier-ignore
    const lines = text.split('\n').filter((line) => line.startsWith('| '));
    const heads = made.charts.reduce((sum, { facets }) => sum + facets.length, 0) + 1;
    assert.equal(lines.length, marks.length + heads + 3);
    assert.doesNotMatch(text, /undefined|NaN/);
  });

  it('leaves the claims out where the chart that could show them was not wanted', async () => {
    const report = {
      ...facts,
      ...chartsOf(madeUpManifest, madeUpRows, [7, 8]),
    };
    const text = readFileSync(await writeReport(place.dir, report), 'utf8');
    assert.doesNotMatch(text, /What the paper says/);
    assert.match(text, /## Where prompts differ.*## From one prompt/s);
  });

  it('says of each claim whether it is shown', () => {
    const lines = claimLines(made.charts);
    assert.match(lines[0] ?? '', /composes.*\| not shown \|$/);
    assert.match(lines[1] ?? '', /`up\.0\.0` adds local details.*not measured/);
    assert.match(lines[2] ?? '', /colour, illumination.*6 prompts \| shown \|$/);
    assert.match(claimLines([])[0] ?? '', /not measured/);
  });
});
