import {
  type ExperimentResults,
  type ExperimentRow,
  metricNames,
} from '../../../protocol/experiment.ts';
import { editWords } from './editWords.ts';
import { metricOf } from './figuresCsv.ts';
import { escaped, imageText, legend, metricHeads, table } from './markdownText.ts';
import type { SettledExperiment } from './settleExperiment.ts';

interface Version {
  readonly name: string;
  readonly settled: SettledExperiment;
  readonly results: ExperimentResults;
}

/**
 * Versions of an experiment under each other, picture by picture: columns that have the same seed or prompt stand
 * together, and variants of the same id.
 *
 * @param path where the text will lie
 */
export function compareMarkdown(versions: readonly Version[], path: string): string {
  const [first] = versions;
  const metrics = first?.settled.experiment.metrics ?? metricNames;
  const ids = [
    ...new Set(versions.flatMap(({ settled }) => settled.board.variants.map(({ id }) => id))),
  ];
  const labels = [...new Set(versions.flatMap(({ settled }) => settled.columnNames))];
  const rowOf = (
    { settled, results }: Version,
    label: string,
    id: string | null,
  ): ExperimentRow | undefined => {
    const column = settled.columnNames.indexOf(label);
    return results.rows.find((row) => row.column === column && row.variant === id);
  };
  const sections = labels.map((label) => {
    const pictures = versions.map((version) => [
      escaped(version.name),
      ...[null, ...ids].map((id) => {
        const row = rowOf(version, label, id);
        return row ? imageText(path, version.results.dir, row.picture, id ?? 'unedited') : '';
      }),
    ]);
    const figures = ids.flatMap((id) =>
      versions.flatMap((version) => {
        const found = rowOf(version, label, id)?.figures;
        if (!found) return [];
        const values = metrics.map((name) => metricOf(found, name)?.toPrecision(4) ?? '–');
        return [[escaped(id), escaped(version.name), ...values]];
      }),
    );
    return [
      `## ${escaped(label)}`,
      table([['', 'unedited', ...ids.map(escaped)], ...pictures]),
      table([['Variant', 'Version', ...metrics.map((name) => metricHeads[name])], ...figures]),
    ].join('\n\n');
  });
  const title = versions.map(({ name }) => name).join(' and ');
  const done = ids.flatMap((id) =>
    versions.map(({ name, settled }) => {
      const edits = settled.board.variants.find((one) => one.id === id)?.recipe.edits;
      return [escaped(id), escaped(name), edits ? escaped(edits.map(editWords).join('; ')) : '–'];
    }),
  );
  const parts = [
    `# ${escaped(first?.settled.experiment.title ?? 'Experiment')}: ${escaped(title)}`,
    table([['Variant', 'Version', 'What is done'], ...done]),
    ...sections,
    legend,
  ];
  return `${parts.join('\n\n')}\n`;
}
