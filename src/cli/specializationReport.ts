import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { svgOf } from '../charts/chartSvg.ts';
import { markdownOf } from '../charts/chartText.ts';
import { significant } from '../numerics/significant.ts';
import {
  type Chart,
  type ChartMark,
  chartNames,
  type SpecializationView,
  toyCaveat,
} from '../protocol/specialization.ts';

type Report = NonNullable<SpecializationView['report']>;

/** What the paper says of three blocks, and the factor of chart 3 that comes nearest to it. */
const claims = [
  { block: 'down.2.1', says: 'composes the picture', factor: 'Layout' },
  { block: 'up.0.0', says: 'adds local details', factor: 'Texture' },
  { block: 'up.0.1', says: 'does colour, illumination and style', factor: 'Colour' },
] as const;

/** The paper's claims beside the cells of chart 3 that could show them, in words. */
export function claimLines(charts: readonly Chart[]): readonly string[] {
  const facets = charts.find(({ id }) => id === 3)?.facets ?? [];
  return claims.map(({ block, says, factor }) => {
    const cellOf = (facetTitle: string): ChartMark | undefined => {
      const facet = facets.find(({ title }) => title === facetTitle);
      const x = facet?.columns?.indexOf(factor);
      return facet?.series.find(({ name }) => name === block)?.marks.find((mark) => mark.x === x);
    };
    const [interaction, profile] = [cellOf('Specialization'), cellOf('Against random directions')];
    const head = `| \`${block}\` ${says} | ${factor} |`;
    if (!interaction || !profile) return `${head} – | – | – | not measured |`;
    const words = ({ y, low, high }: ChartMark): string =>
      `${significant(y)} (${significant(low)} to ${significant(high)})`;
    const isMore = interaction.isSpecial === true && interaction.y > 0 && profile.low > 0;
    const isLess = interaction.isSpecial === true && interaction.y < 0 && profile.high < 0;
    const verdict = isMore ? 'shown' : isLess ? 'the opposite is shown' : 'not shown';
    return `${head} ${words(profile)} | ${words(interaction)} | ${interaction.n} | ${verdict} |`;
  });
}

/** Charts 7 and 8 have prompts of their own. */
function promptsText({ charts, ...report }: Report): string {
  const head = `${report.promptCount} prompts of ${report.promptsName}`;
  return charts.every(({ id }) => id === 7 || id === 8)
    ? `Pairs of prompts, as the charts say; EV and R² of the SAEs on half of ${head}.`
    : `${head}: half of them chose ${report.featureCount} features a block by chance, which were edited in ${report.measuredCount} of the others; charts for which nothing was chosen (1, 10, 11, 12) are over ${report.blockPromptCount}.`;
}

/** Only where the chart that could show the claims was wanted. */
const claimsText = (charts: readonly Chart[]): readonly string[] => [
  '## What the paper says of SDXL Turbo, and what this model shows',
  [
    '| claim | nearest factor | against random directions | interaction block x factor | n | verdict |',
    '|---|---|---|---|---|---|',
    ...claimLines(charts),
  ].join('\n'),
  'Against random directions: what a block’s features change more than random directions of the same norm and map in it, in mean effects of the factor. Interaction: how much more than block and factor do by themselves. Shown: both are above 0, the first at 95 %, the second at 95 % for all cells together. "Not shown" is no proof that there is none.',
];

/**
 * A report as a document: `README.md` and `chart-<number>.svg`, each chart with its finding, figures (null cells
 * included) and formula. No time and no path stands in it: the same report writes the same bytes.
 *
 * @returns where the document is
 */
export async function writeReport(dir: string, report: Report): Promise<string> {
  const { charts, isEmbedded, missing, notes } = report;
  await mkdir(dir, { recursive: true });
  for (const chart of charts) {
    await writeFile(join(dir, `chart-${chart.id}.svg`), svgOf(chart, isEmbedded));
  }
  const left = missing.map((id) => chartNames[id]).join('; ');
  const text = [
    `# Block specialization of ${report.modelId}`,
    `${promptsText(report)} Blocks: ${report.blocks.join(', ')}.`,
    ...(isEmbedded ? [`*${toyCaveat}*`] : []),
    ...(notes.length > 0 ? [notes.join(' ')] : []),
    ...(left === '' ? [] : [`Not measured: ${left}.`]),
    ...(charts.some(({ id }) => id === 3) || missing.includes(3) ? claimsText(charts) : []),
    ...charts.map((chart) =>
      markdownOf(chart, isEmbedded).replace(
        /^(## .*)\n/,
        `$1\n\n![${chart.title}](chart-${chart.id}.svg)\n`,
      ),
    ),
  ];
  const path = join(dir, 'README.md');
  await writeFile(path, `${text.join('\n\n').trimEnd()}\n`);
  return path;
}
