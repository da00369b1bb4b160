import { countText } from '../protocol/countText.ts';
import { significant } from '../numerics/significant.ts';
import type { QualityReport } from '../protocol/indexes.ts';
import { type MeanInterval, type PictureFit, pictureFitFormula } from '../protocol/pictureFit.ts';
import { toyCaveat } from '../protocol/specialization.ts';

const distances = ['rebuilt.ssim', 'rebuilt.pixel', 'ablated.ssim', 'ablated.pixel'] as const;

const head =
  'block,step,samples,explainedVariance,rSquared,l0,deadShare,alwaysOnShare,cosineMedian,cosineP95,cosineMax,shareAbove09,features,saeSha256,' +
  ['picture.n', ...distances.flatMap((name) => [name, `${name}.low`, `${name}.high`])].join(',');

/** The four means of a measurement, in the order of the table's columns. */
const meansOf = ({ rebuilt, ablated }: PictureFit): readonly MeanInterval[] => [
  ...[rebuilt.ssim, rebuilt.pixel],
  ...[ablated.ssim, ablated.pixel],
];

/**
 * One line for each block and step, all steps together first, which has the picture's figures; blocks that have nothing
 * but these come last. Every number unrounded.
 */
export function qualityCsv(
  reports: readonly QualityReport[],
  pictures: readonly PictureFit[],
): string {
  const pictureOf = (sha256: string): PictureFit | undefined =>
    pictures.find(({ saeSha256 }) => saeSha256 === sha256);
  const lines = reports.flatMap(({ index, fits, deadShare, alwaysOnShare, collinearity }) =>
    fits.map((fit) => [
      ...[index.block, fit.stepIndex === null ? 'all' : fit.stepIndex + 1, fit.sampleCount],
      ...[fit.explainedVariance, fit.rSquared, fit.l0, deadShare, alwaysOnShare],
      ...[collinearity.median, collinearity.p95, collinearity.max, collinearity.shareAbove09],
      ...[index.nFeatures, index.saeSha256],
      ...pictureCells(fit.stepIndex === null ? pictureOf(index.saeSha256) : undefined),
    ]),
  );
  const others = pictures.filter(
    ({ saeSha256 }) => !reports.some(({ index }) => index.saeSha256 === saeSha256),
  );
  const alone = others.map((fit) => [
    ...[fit.block, 'all', ...Array<string>(11).fill(''), fit.saeSha256],
    ...pictureCells(fit),
  ]);
  const table = [...lines, ...alone].map((cells) => cells.join(','));
  return `${[head, ...table].join('\n')}\n`;
}

const pictureCells = (fit: PictureFit | undefined): readonly (number | string)[] =>
  fit
    ? [fit.promptCount, ...meansOf(fit).flatMap(({ value, low, high }) => [value, low, high])]
    : Array<string>(1 + 3 * distances.length).fill('');

/** "0.91 (0.88 to 0.94)" */
export const intervalText = ({ value, low, high }: MeanInterval, digits = 3): string =>
  `${significant(value, digits)} (${significant(low, digits)} to ${significant(high, digits)})`;

/** Near 1 the difference is in the last digits. */
export const ssimText = (mean: MeanInterval): string => intervalText(mean, 5);

/** What a measurement was made on, in words. */
export function pictureFitSource(fit: PictureFit): string {
  const { promptsName, promptCount, totalCount, firstSeed, steps, width, height } = fit;
  const of = promptCount < totalCount ? ` of ${totalCount}` : '';
  return (
    `${promptCount}${of} prompts of ${promptsName}, seeds from ${firstSeed}; ${width} x ${height}, ` +
    `${countText(steps, 'step')}, guidance ${significant(fit.guidanceScale)}`
  );
}

/** A section with a table of fits, one of pictures, and what the figures are. */
export function qualityMarkdown(
  title: string,
  reports: readonly QualityReport[],
  measured: readonly PictureFit[],
  isEmbedded: boolean,
): string {
  const fits = reports.flatMap(({ index, fits: all, deadShare, alwaysOnShare, rule }) =>
    all.map((fit) =>
      row([
        ...[index.block, fit.stepIndex === null ? 'all' : String(fit.stepIndex + 1)],
        significant(fit.sampleCount, 9),
        ...[fit.explainedVariance, fit.rSquared, fit.l0].map((value) => significant(value)),
        ...(fit.stepIndex === null
          ? [percent(deadShare), percent(alwaysOnShare), String(index.nFeatures), rule]
          : ['', '', '', '']),
      ]),
    ),
  );
  const pictures = measured.map((fit) =>
    row([fit.block, String(fit.promptCount), ...textsOf(fit)]),
  );
  const sources = [...new Set(measured.map(pictureFitSource))];
  const formulas = Object.entries(reports[0]?.formulas ?? {});
  return [
    `## SAE quality, ${title}\n`,
    ...(isEmbedded ? [`*${toyCaveat}*\n`] : []),
    ...(fits.length === 0
      ? ['No SAE is indexed.']
      : [
          '| block | step | samples | EV | R² | L0 | dead | always on | features | rule |',
          '|---|---|---|---|---|---|---|---|---|---|',
          ...fits,
        ]),
    ...(pictures.length === 0
      ? []
      : [
          '\n### In the picture, mean and 95 % interval\n',
          '| block | n | SSIM, rebuilt | mean abs. difference of 255, rebuilt | SSIM, without the block | mean abs. difference, without the block |',
          '|---|---|---|---|---|---|',
          ...pictures,
          `\nn: ${sources.join('; ')}. A ${pictureFitFormula}.`,
        ]),
    '',
    ...formulas.map(([name, formula]) => `- ${name}: ${formula}`),
    '',
  ].join('\n');
}

const textsOf = ({ rebuilt, ablated }: PictureFit): readonly string[] =>
  [rebuilt, ablated].flatMap(({ ssim, pixel }) => [ssimText(ssim), intervalText(pixel)]);

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const percent = (share: number): string => `${significant(100 * share)} %`;
