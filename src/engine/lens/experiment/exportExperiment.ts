import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { invalidInput } from '../../../protocol/errors.ts';
import { type ExportForm, experimentSuffix } from '../../../protocol/experiment.ts';
import { fileError } from '../../store/fileError.ts';
import { writeBytes } from '../../store/writeBytes.ts';
import { copyRecipe } from '../copy/copyRecipe.ts';
import { experimentMarkdown } from './experimentMarkdown.ts';
import { figuresCsv } from './figuresCsv.ts';
import { type ExperimentPorts, resultsOf } from './runExperiment.ts';
import type { SettledExperiment } from './settleExperiment.ts';

const endings = {
  python: '.python',
  markdown: '.md',
  csv: '.csv',
} as const satisfies Record<ExportForm, string>;

/**
 * Writes an experiment for elsewhere.
 *
 * @param path of the experiment
 * @param to file or folder; default: beside the experiment, named after it
 * @returns what was written, absolute
 * @throws `invalidInput` for a report or table of an experiment that was not run, and for what cannot be written
 */
export async function exportExperiment(
  settled: SettledExperiment,
  { path, form, to }: { readonly path: string; readonly form: ExportForm; readonly to?: string },
  ports: Omit<ExperimentPorts, 'storageDir'>,
): Promise<readonly string[]> {
  const name = basename(path).replace(new RegExp(`(${experimentSuffix}|\\.json)$`), '');
  const target = to ?? join(dirname(path), `${name}${endings[form]}`);
  if (form === 'python') return exportPython(settled, target, ports);
  const results = await resultsOf(settled);
  if (!results.isComplete) {
    throw invalidInput(
      `${String(results.rows.length)} of ${String(results.pictureCount)} pictures of this experiment are there. Run it first.`,
    );
  }
  const { experiment } = settled;
  const text =
    form === 'csv'
      ? figuresCsv(settled, results.rows, experiment.metrics)
      : experimentMarkdown(settled, results, target);
  await writeBytes(target, new TextEncoder().encode(text));
  return [target];
}

/** One script for each edited picture: static maps are those of its own unedited one. */
async function exportPython(
  { bases, recipes, cells, board }: SettledExperiment,
  dir: string,
  { turn, signal, progress, observed }: Omit<ExperimentPorts, 'storageDir'>,
): Promise<readonly string[]> {
  const edited = cells.filter(({ variantIndex }) => variantIndex !== null);
  if (edited.length === 0) {
    throw invalidInput('The experiment has no variants, so there is no edit to write as Python.');
  }
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw fileError(error, 'Cannot create the folder', dir);
  }
  const paths: string[] = [];
  for (const [pictureIndex, { column, variantIndex, name }] of edited.entries()) {
    const base = bases[column];
    const recipe = recipes[variantIndex ?? -1];
    if (!base || !recipe) continue;
    progress({ phase: 'making', pictureIndex, pictureCount: edited.length });
    const title = board.variants[variantIndex ?? -1]?.recipe.name;
    const params = { base, recipe: { ...recipe, ...(title && { name: title }) } };
    const script = await turn(({ pipeline }) =>
      copyRecipe(
        pipeline,
        { ...params, form: 'python', modelDir: pipeline.model.dir, provider: 'cpu' },
        false,
        { signal, progress, observed },
      ),
    );
    const path = join(dir, `${name}.py`);
    await writeBytes(path, new TextEncoder().encode(script));
    paths.push(path);
  }
  return paths;
}
