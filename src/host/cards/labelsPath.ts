import { isAbsolute, join, relative } from 'node:path';
import { settingTable } from '../settings.ts';

/**
 * The labels file of a workspace folder: a text file inside it, whatever the setting says.
 *
 * @returns undefined while no folder is open
 */
export function labelsPathIn(folder: string | undefined, name: string): string | undefined {
  if (folder === undefined) return undefined;
  const path = join(folder, name);
  const inside = relative(folder, path);
  const isInside = !isAbsolute(name) && !inside.startsWith('..') && /\.(tsv|txt)$/.test(name);
  return isInside ? path : join(folder, settingTable['labels.file'].default);
}
