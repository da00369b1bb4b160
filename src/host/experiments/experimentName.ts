import { experimentSuffix } from '../../protocol/experiment.ts';

/**
 * A path as an experiment's: what a person types in place of a proposed name rarely has both endings.
 *
 * @param path `cat`, `cat.json` or `cat.sae.json`
 */
export const experimentPath = (path: string): string =>
  path.replace(/(?:\.sae)?(?:\.json)?$/i, '') + experimentSuffix;
