import { countText } from '../../../protocol/countText.ts';
import { type ExperimentResults, metricNames } from '../../../protocol/experiment.ts';
import { editWords } from './editWords.ts';
import { metricOf } from './figuresCsv.ts';
import { escaped, imageText, legend, metricHeads, table } from './markdownText.ts';
import type { SettledExperiment } from './settleExperiment.ts';

/**
 * The results as a report with pictures and figures, in the Markdown of GitHub and VS Code.
 *
 * @param path where it will lie; pictures are named from there
 */
export function experimentMarkdown(
  { experiment, board, columnNames, manifest }: SettledExperiment,
  { dir, rows }: ExperimentResults,
  path: string,
): string {
  const { title = 'Experiment', metrics = metricNames } = experiment;
  const { picture, columns, variants } = board;
  const { steps, guidanceScale, scheduler, width, height } = picture;
  const labels = variants.map(({ id, recipe }) => recipe.name ?? id);
  const sections = columnNames.map((name, column) => {
    const own = rows.filter((row) => row.column === column);
    const cells = [null, ...variants.map(({ id }) => id)].map((id) =>
      own.find(({ variant }) => variant === id),
    );
    const names = ['unedited', ...labels];
    return [
      `## ${escaped(name)}`,
      table([
        names.map(escaped),
        cells.map((row, index) =>
          row ? imageText(path, dir, row.picture, names[index] ?? '') : '',
        ),
      ]),
      table([
        ['', ...metrics.map((name) => metricHeads[name])],
        ...cells.slice(1).map((row, index) => [
          escaped(labels[index] ?? ''),
          ...metrics.map((name) => {
            const value = row?.figures ? metricOf(row.figures, name) : null;
            return value === null ? '–' : value.toPrecision(4);
          }),
        ]),
      ]),
    ].join('\n\n');
  });
  const { model, versions, provider, hash } = manifest;
  return `${[
    `# ${escaped(title)}`,
    columns.kind === 'prompts' ? '' : `Prompt: ${escaped(picture.prompt) || '(none)'}`,
    picture.negativePrompt === '' ? '' : `Negative prompt: ${escaped(picture.negativePrompt)}`,
    `${countText(steps, 'step')}, guidance ${String(guidanceScale)}, ${scheduler}, ${String(width)} × ${String(height)} pixels. Model ${escaped(model.id)}; ${provider}, Featurescope ${versions.featurescope}, ONNX Runtime ${versions.onnxruntime}. Results \`${hash}\`.`,
    table([
      ['Variant', 'What is done'],
      ...variants.map(({ recipe }, index) => [
        escaped(labels[index] ?? ''),
        escaped(recipe.edits.map(editWords).join('; ')),
      ]),
    ]),
    ...sections,
    legend,
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}
