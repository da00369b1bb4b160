import { readdir, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { DownloadedPart, SetContent } from '../../../protocol/downloads.ts';
import { invalidInput } from '../../../protocol/errors.ts';
import { partsOf } from './downloadParts.ts';

/** SAEs or label files that were fetched into a folder, by repository and path. */
export async function listDownloadedParts(
  setsDir: string,
  content: SetContent,
): Promise<readonly DownloadedPart[]> {
  const folders = await readdir(setsDir, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    folders
      .filter((folder) => folder.isDirectory() && !folder.name.endsWith('.partial'))
      .map(({ name }) => partsIn(join(setsDir, name), name, content)),
  );
  return found.flat();
}

async function partsIn(dir: string, name: string, content: SetContent): Promise<DownloadedPart[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const { size } = await stat(path);
        return { path: relative(dir, path).replaceAll(sep, '/'), sizeBytes: size };
      }),
  );
  const parts = partsOf(files, content);
  // Beside an SAE lie configurations, which are JSON, too.
  if (content === 'labels' && partsOf(files, 'saes').length > 0) return [];
  const repo = name.replace(/--[0-9a-f]{8}$/, '').replace('--', '/');
  return parts.map(({ path, sizeBytes }) => ({
    path: join(dir, path),
    title: `${repo}: ${path}`,
    sizeBytes,
  }));
}

/** Deletes a part, and its download with the last one. @throws `invalidInput` for a path that is none */
export async function dropDownloadedPart(
  setsDir: string,
  content: SetContent,
  path: string,
): Promise<void> {
  const parts = await listDownloadedParts(setsDir, content);
  if (!parts.some((part) => part.path === path)) {
    throw invalidInput(`${path} was not downloaded by Featurescope; its files stay.`);
  }
  await rm(path, { recursive: true, force: true });
  const dir = join(setsDir, relative(setsDir, path).split(sep)[0] ?? '');
  const left = await listDownloadedParts(setsDir, content);
  if (!left.some((part) => part.path.startsWith(dir + sep))) {
    await rm(dir, { recursive: true, force: true });
  }
}
