import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commands, Uri, window } from 'vscode';
import type { CommandId } from '../commands.ts';

export interface SetQuestion {
  readonly title: string;
  readonly placeHolder: string;
  /** Button of the dialog that chooses another folder. */
  readonly openLabel: string;
}

const ignoreFocusOut = true;
const collect: CommandId = 'featurescope.collect';

/**
 * A collected set of the storage, the newest first, or a folder elsewhere. Where nothing was collected yet, that can
 * be begun from here.
 *
 * @param folder where sets are made when no other place is chosen
 * @returns undefined when the person leaves, or collects first
 */
export async function pickCollectedSet(
  folder: string,
  { title, placeHolder, openLabel }: SetQuestion,
): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sets = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ label: `$(database) ${name}`, of: join(folder, name) }))
    .reverse();
  const picked = await window.showQuickPick(
    [
      ...sets,
      { label: '$(folder-opened) Another Folder…', of: 'folder' as const },
      { label: '$(add) Collect Activations…', of: 'collect' as const },
    ],
    {
      ...{ title, ignoreFocusOut },
      placeHolder: sets.length > 0 ? placeHolder : 'No set of pictures has been collected here yet',
    },
  );
  if (!picked) return undefined;
  if (picked.of === 'collect') {
    await commands.executeCommand(collect);
    return undefined;
  }
  if (picked.of !== 'folder') return picked.of;
  const [uri] =
    (await window.showOpenDialog({
      ...{ title, openLabel, canSelectFiles: false, canSelectFolders: true },
      ...(sets.length > 0 ? { defaultUri: Uri.file(folder) } : {}),
    })) ?? [];
  return uri?.fsPath;
}
