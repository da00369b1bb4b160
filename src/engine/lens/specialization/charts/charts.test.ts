import assert from 'node:assert/strict';
import {
  conceptRow,
  madeUpManifest,
  madeUpRows,
  wobble,
} from '../../../../../test/support/madeUpReport.ts';
import type { Chart } from '../../../../protocol/specialization.ts';
import type { ReportRow } from '../reportRows.ts';
import { windowsOf } from '../reportUnits.ts';
import { chartsOf } from './chartsOf.ts';

describe('charts of a report', () => {
  const [manifest, rows] = [madeUpManifest, madeUpRows];
  const { charts, missing } = chartsOf(manifest, rows);
  const chart = (id: number): Chart => charts.find((one) => one.id === id)!;

  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

  it('all are there, with formulas and counts', () => {
    assert.deepEqual(missing, []);
    for (const { formula, facets } of charts) {
      assert.ok(formula.length > 40);
      for (const { marks } of facets.flatMap(({ series }) => series)) {
        for (const { y, low, high, n } of marks) {
          assert.ok(
            low <= y && y <= high && /^\d+ \w+/.test(n),
            JSON.stringify({ y, low, high, n }),
          );
        }
      }
    }
  });

  it('1: every stage, with its control', () => {
    const [distance] = chart(1).facets;
    assert.deepEqual(distance?.columns, manifest.settled.stages);
    const [own, control] = distance.series;
    assert.ok(control?.isControl && own?.marks.length === 3);
    assert.ok(own.marks.every(({ y }, i) => y > 3 * control.marks[i]!.y));
  });

  it('2 and 9: a mark a dose, by block and arm', () => {
    const [ratio] = chart(2).facets;
    assert.equal(ratio?.series.length, 4);
    const [first] = ratio.series[0]!.marks;
    // 8 / 2 in every picture; the total effect is 3 a dose.
    assert.ok(Math.abs(first!.y - 4) < 1e-9 && Math.abs(first!.x - 3) < 0.2);
    assert.match(chart(2).finding, /no block’s features act more or less locally/);
    const [effect] = chart(9).facets;
    assert.equal(effect?.series.length, 6);
    assert.deepEqual(
      effect.series[0]?.marks.map(({ x, key }) => [x, key]),
      [
        [1, 'edit down.2.1 feature 1'],
        [2, 'edit down.2.1 feature 2'],
      ],
    );
  });

  it('3: finds the one thing that one block does more, at matched effect', () => {
    const { finding, facets } = chart(3);
    const colour = facets[1]!.series;
    const [features, random] = colour.map(({ marks }) => marks.map(({ y }) => y));
    assert.ok(Math.abs(features![1]! / random![1]! - 2) < 0.1, JSON.stringify(colour));
    assert.ok(Math.abs(features![0]! / random![0]! - 1) < 0.1);
    const special = facets[3]!.series[1]!.marks[1];
    assert.ok(special?.isSpecial && special.y > 0);
    assert.match(finding, /up\.0\.1 changes colour more/);
    // Without the planted change nothing is claimed.
    const alike = rows.map((row) =>
      row.kind === 'edit' && row.arm === 'feature' && row.block === 'up.0.1'
        ? { ...row, colour: (row.colour ?? 0) / 2 }
        : row,
    );
    const again = chartsOf(manifest, alike).charts.find(({ id }) => id === 3);
    assert.match(again?.finding ?? '', /No specialization is shown: none of the 6 cells/);
  });

  it('10: R² is that of all cells of all pictures', () => {
    const [rSquared, l0] = chart(10).facets;
    const prompts = [1, 3, 5, 7, 9, 11];
    const rest = prompts.reduce((sum, prompt) => sum + 2 * wobble(prompt), 0) / 60;
    assert.ok(Math.abs(rSquared!.series[0]!.marks[1]!.y - (1 - rest)) < 1e-12);
    assert.deepEqual(
      l0?.series[0]?.marks.map(({ y }) => y),
      [4, 5, 6],
    );
    assert.match(chart(10).finding, /down\.2\.1 falls, up\.0\.1 falls/);
  });

  it('11 and 12: pairs and windows of steps', () => {
    const [cosine] = chart(11).facets;
    assert.deepEqual(cosine?.columns, ['1–2', '1–3', '2–3']);
    assert.ok(
      cosine.series.every(({ isControl, marks }) => marks[0]?.y === (isControl ? 0.3 : 0.9)),
    );
    const [own, control] = chart(12).facets;
    assert.deepEqual(own?.columns, ['step 1', 'step 2', 'step 3']);
    assert.ok(own.series[0]!.marks[2]!.y > 2 * own.series[0]!.marks[0]!.y);
    assert.ok(control!.series.every(({ isControl }) => isControl));
    assert.deepEqual(windowsOf(10), [
      [0, 1, 2],
      [3, 4],
      [5, 6, 7],
      [8, 9],
    ]);
  });

  it('4: marks what is above chance, and compares it with its controls', () => {
    const { finding, facets, formula } = chart(4);
    const [own, random, , , told] = facets;
    assert.deepEqual(
      [own?.columns, own?.series.map(({ name }) => name)],
      [manifest.settled.blocks, ['light', 'style', 'side (unsaid)']],
    );
    const special = own?.series.map(({ marks }) => marks.map(({ isSpecial }) => isSpecial));
    assert.deepEqual(special, [
      [false, false],
      [false, true],
      [true, false],
    ]);
    assert.ok(random?.series.every(({ isControl }) => isControl));
    // The prompt says what it states, and nothing of what the noise decides.
    assert.deepEqual(told?.columns, ['prompt']);
    assert.deepEqual(
      told.series.map(({ marks }) => marks.map(({ isSpecial }) => isSpecial)),
      [[true], [true], [false]],
    );
    assert.match(
      finding,
      /In 2 of 6 cells .* best style in up\.0\.1 \(0\.90\).* random directions in 2, a single channel in 2, a principal component in 2, the prompt’s embedding in 1 /,
    );
    assert.match(formula, /Unsaid: what no prompt states and the noise decides/);
    assert.match(own?.series[1]?.marks[1]?.note ?? '', /^feature 7; .*EV 0\.50, R² 0\.60/);
  });

  it('4: has the untrained U-net beside it where it was measured', () => {
    const titles = chart(4).facets.map(({ title }) => title);
    assert.ok(!titles.join().includes('untrained') && !chart(4).formula.includes('Untrained'));
    // As good as the best feature in the cell of style and up.0.1; it overflowed in down.2.1.
    const beside = rows.map((row): ReportRow => {
      if (row.kind !== 'score' || row.block !== 'up.0.1') return row;
      return { ...row, untrained: { ...row.feature, id: 3, sign: -1 } };
    });
    const [made] = chartsOf(manifest, beside, [4]).charts;
    assert.deepEqual(
      made?.facets.map(({ title }) => title),
      [...titles.slice(0, 3), 'Best channel of the untrained U-net', ...titles.slice(3)],
    );
    const { series, columns } = made.facets[3]!;
    assert.deepEqual(columns, manifest.settled.blocks);
    assert.deepEqual(
      series.map(({ isControl, marks }) => [isControl, marks.map(({ x, y }) => [x, y])]),
      [
        [true, [[1, 0.5]]],
        [true, [[1, 0.9]]],
        [true, [[1, 0.5]]],
      ],
    );
    assert.match(series[1]?.marks[0]?.note ?? '', /^channel 3, where it is weak; 95 % of chance/);
    assert.match(made.finding, /a single channel in 2, a channel of the untrained U-net in 0, /);
    assert.match(made.formula, /the values of each large weight of the U-net were shuffled/);
  });

  it('4: compares objects’ cells with all controls, over the nouns with enough pictures', () => {
    const { finding, facets, formula } = chart(4);
    const bars = facets.at(-1);
    assert.deepEqual(
      [bars?.kind, bars?.columns, bars?.series.map(({ name, isControl }) => [name, isControl])],
      [
        'bars',
        manifest.settled.blocks,
        [
          ['best feature', false],
          ['random directions', true],
          ['channels', true],
          ['principal components', true],
          ['shuffled masks', true],
        ],
      ],
    );
    const [own, random, channels] = bars?.series ?? [];
    assert.deepEqual(
      own?.marks.map(({ n, key, isSpecial }) => [n, key, isSpecial]),
      [
        ['8 nouns', 'mask down.2.1 feature', false],
        ['8 nouns', 'mask up.0.1 feature', true],
      ],
    );
    const mean = range(8).reduce((sum, n) => sum + 0.6 * wobble(n, 0), 0) / 8;
    assert.ok(own.marks.every(({ y }) => Math.abs(y - mean) < 1e-12));
    assert.ok(random!.marks.every(({ y }) => y < 0.4) && channels!.marks[0]!.y > 0.5);
    assert.match(
      finding,
      /better than all controls in up\.0\.1 \(0\.6\d; highest control 0\.3\d; 1 feature for 8 nouns\); not in down\.2\.1/,
    );
    assert.match(formula, /classifier \(0123456789ab….*The prompt’s embedding has no cells\./);
    // While masks are measured, and in a report without any, the chart is what it was.
    const isFirst = (row: ReportRow): boolean => row.kind !== 'maskScore' || row.noun !== 'rare';
    const half = chartsOf(manifest, rows.filter(isFirst), [4]).charts[0];
    assert.deepEqual(
      [half?.facets.length, half?.finding.includes('cells:')],
      [facets.length - 1, false],
    );
    const few = rows.map(
      (row) =>
      row.kind === 'maskScore' && row.noun !== 'noun 0' ? { ...row, feature: null, iou: null, shuffled: null } : row, // prettier-ignore
    );
    const told = chartsOf(manifest, few, [4]).charts[0];
    assert.match(told?.finding ?? '', /fewer than two nouns have masks in 4 pictures of each half/);
  });

  it('7: marks the blocks that tell a kind of edit other than shuffled pairs do', () => {
    const { facets, finding, formula } = chart(7);
    assert.deepEqual(
      facets.map(({ title }) => title),
      ['down.2.1, raw', 'up.0.1, raw', 'down.2.1, normalised', 'up.0.1, normalised'],
    );
    const [own, control] = facets[0]?.series ?? [];
    assert.deepEqual(facets[0]?.columns, ['add', 'tint']);
    assert.deepEqual(
      own?.marks.map(({ y, isSpecial, key, n }) => [y, isSpecial, key, n]),
      [
        [1, true, 'pair add', '8 pairs'],
        [0.625, false, 'pair tint', '8 pairs'],
      ],
    );
    assert.deepEqual(
      control?.marks.map(({ y }) => y),
      [0.375, 0.625],
    );
    assert.match(finding, /^Raw shares: in 2 of 4 cells .* down\.2\.1 in add \+0\.63, /);
    assert.match(formula, /In 1 pair of 16 nothing stood out/);
  });

  it('8: compares what is transferred at the same distance to the original', () => {
    const { facets, finding, formula } = chart(8);
    assert.deepEqual(
      facets.map(({ title, kind }) => [title.split(':')[0], kind]),
      ['Pixels', 'Pixels', 'Likeness', 'Likeness'].map((title, i) => [title, i % 2 === 0 ? 'lines' : 'bars']), // prettier-ignore
    );
    const [fronts, bars] = facets;
    const [features, update] = fronts?.series ?? [];
    assert.deepEqual(
      features?.marks.map(({ key }) => key),
      [null, 'transfer feature 1', 'transfer feature 2'],
    );
    // Without a transfer all lines begin where the two prompts' pictures are apart.
    assert.deepEqual(features.marks[0], update?.marks[0]);
    assert.ok(Math.abs(features.marks[0]!.y - 20) < 2 && features.marks[0]!.x === 0);
    // Half of the way for features, a quarter for the others, at about 2 from the original, as at strength 1.
    const [own = [], others = []] = bars?.series.map(({ marks }) => marks.map(({ y }) => y)) ?? [];
    for (const [x, height] of own.entries()) {
      assert.ok(Math.abs(height / others[x]! - 2) < 0.1 && Math.abs(height - 1) < 0.1, `${height}`);
    }
    assert.deepEqual(
      bars?.series[1]?.marks.map(({ isSpecial }) => isSpecial),
      [true, true, true],
    );
    assert.match(
      finding,
      /^Pixels: .* more than masked update \([\d.]+\), at [\d.]+ from the original; .*; 12 pairs\. Likeness: /,
    );
    assert.match(formula, /LPIPS: absent.*own classifier/);
    // Nothing is claimed where features do what chance does.
    const alike = rows.map((row) =>
      row.kind === 'transfer' && row.arm === 'feature'
        ? { ...(rows.find((one) => one.kind === 'transfer' && one.arm === 'random' && one.pair === row.pair && one.strength === row.strength) ?? row), arm: row.arm } // prettier-ignore
        : row,
    ) as readonly ReportRow[];
    const again = chartsOf(manifest, alike, [8]).charts[0];
    assert.match(again?.finding ?? '', /not other than random features/);
    // With CLIP's text part lines begin at the original picture's distances to both prompts.
    const told = rows.map((row) => {
      if (row.kind === 'pair') return { ...row, words: { original: 0.7, edited: 0.9 } };
      const by = row.kind === 'transfer' ? row.strength / (row.arm === 'feature' ? 20 : 40) : 0;
      const words = { original: 0.7 + by, edited: 0.9 - 2 * by };
      return row.kind === 'transfer' ? { ...row, words } : row;
    });
    const settled = { ...manifest.settled, judge: 'clip', clip: 'c0', clipText: 'c1' } as const;
    const withText = chartsOf({ ...manifest, settled }, told, [8]).charts[0];
    const [lines, beside] = (withText?.facets ?? []).filter(({ title }) =>
      title.startsWith('Prompts'),
    );
    const start = lines?.series[0]?.marks[0];
    assert.deepEqual([start?.x, start?.y].map((value) => value?.toFixed(3)), ['0.700', '0.900']); // prettier-ignore
    // As far from the original prompt, as near to the edited one.
    const gains = beside?.series.map(({ marks }) => marks.map(({ y }) => y.toFixed(3)));
    assert.deepEqual(gains, [['0.100', '0.100', '0.100'], ['0.100', '0.100', '0.100']]); // prettier-ignore
    assert.match(withText?.finding ?? '', /Prompts: how much nearer .* the edited prompt \(0\.90*/);
    assert.match(withText?.formula ?? '', /text part c1…/);
  });

  it('5 and 13: say where features do more than their controls, and by whose eyes', () => {
    const [own, random, difference] = chart(5).facets;
    const row = (facet: typeof own) => facet?.series.find(({ name }) => name === 'style')?.marks;
    assert.ok(
      Math.abs((row(own)?.[1]?.y ?? 0) - 3) < 0.3 && Math.abs(row(random)?.[1]?.y ?? 1) < 0.2,
    );
    assert.deepEqual(
      row(difference)?.map(({ isSpecial }) => isSpecial),
      [false, true],
    );
    // One feature is not enough for an interval.
    assert.deepEqual(own?.series.find(({ name }) => name === 'light')?.marks, []);
    assert.match(chart(5).finding, /^In 1 of 2 cells .*, most of all style in up\.0\.1 \(3\.\d\)/);
    assert.match(chart(5).formula, /classifier 0123456789ab…\. Added at dose 1 /);
    assert.deepEqual(row(own)?.[1]?.key, 'steer up.0.1 style');
    const many = 12;
    const wide = {
      ...manifest,
      chosen: {
        ...manifest.chosen,
        features: { 'down.2.1': range(many), 'up.0.1': range(many) },
      },
    };
    const rest = rows.filter(({ kind }) => kind !== 'concept');
    const concepts = wide.settled.blocks.flatMap((block) =>
      range(many).map((slot) => conceptRow({ block, slot })),
    );
    const judged = chartsOf(wide, [...rest, ...concepts], [13]).charts[0];
    assert.deepEqual(
      judged?.facets.map(({ title }) => title),
      ['Specificity', 'Causality'],
    );
    assert.match(judged.finding, /specificity: up\.0\.1; causality: down\.2\.1, up\.0\.1\.$/);
    assert.match(judged.formula, /the model’s own classifier \(0123456789ab…, no CLIP/);
  });

  it('6 and 14: a line a block, beside its controls', () => {
    const [probe] = chart(6).facets;
    const of = (name: string) => probe?.series.find((one) => one.name === name)?.marks.at(-1)?.y;
    // Mean over the two factors of 0.9 and 0.5, of 0.95 twice.
    assert.ok(Math.abs((of('up.0.1') ?? 0) - 0.7) < 1e-12);
    assert.ok(Math.abs((of('embedding of the prompt') ?? 0) - 0.95) < 1e-12);
    assert.ok(Math.abs((of('shuffled labels, all blocks') ?? 0) - 0.5) < 1e-12);
    assert.match(chart(6).finding, /Spread .*: 32 features in up\.0\.1, no gain in down\.2\.1\.$/);
    const [rSquared] = chart(14).facets;
    const mean = [1, 3, 5, 7, 9, 11].reduce((sum, prompt) => sum + wobble(prompt), 0) / 6;
    const [sae, , pca] = rSquared?.series ?? [];
    assert.ok(Math.abs((sae?.marks[1]?.y ?? 0) - (1 - 0.2 * mean)) < 1e-12);
    assert.ok(pca?.isControl && Math.abs((pca.marks[0]?.y ?? 0) - (1 - 0.6 * mean)) < 1e-12);
    assert.equal(sae?.marks[1]?.key, 'rebuild down.2.1 sae 2');
  });

  it('what is half measured is missing, or over the prompts that are whole', () => {
    const none = chartsOf(manifest, []);
    assert.deepEqual([none.charts, none.missing], [[], manifest.settled.charts]);
    const isEdit = (row: ReportRow): boolean => row.kind === 'edit';
    const edits = rows.filter(isEdit);
    const half = chartsOf(manifest, edits.slice(0, edits.length / 2 + 1));
    assert.deepEqual(
      half.charts.map(({ id }) => id),
      [2, 3, 9],
    );
    assert.match(half.charts[0]?.facets[0]?.series[0]?.marks[0]?.n ?? '', /4 features x 3 prompts/);
  });
});
