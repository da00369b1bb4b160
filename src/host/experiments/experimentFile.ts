import type { Experiment } from '../../protocol/experiment.ts';
import { parseExperimentText } from '../../protocol/experimentTree.ts';

/**
 * An experiment from a file's text; the schema library is loaded when the first one comes, since it would take a third
 * of the time in which the extension starts.
 *
 * @throws `invalidInput` with line and column, or naming place, value and range
 */
export async function experimentFrom(text: string, name: string): Promise<Experiment> {
  const value = parseExperimentText(text, name);
  const { checkExperiment } = await import('../../protocol/experimentSchema.ts');
  return checkExperiment(value, name);
}
