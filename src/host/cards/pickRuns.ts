import { Uri, window } from 'vscode';
import { invalidInput } from '../../protocol/errors.ts';
import { runTitle } from '../../protocol/runTitle.ts';
import type { RunList } from '../trees/runList.ts';
import { runFigures, shortened } from '../words.ts';

const titleLength = 120;

/** Several kept runs; undefined when the person changes their mind. */
export async function pickRuns(
  list: RunList,
  chosen: readonly string[],
  title = 'Contrast Sets: Pictures of One Side',
): Promise<readonly string[] | undefined> {
  if (list.state !== 'ready') await list.reload();
  if (list.runs.length === 0)
    throw invalidInput('No runs are kept yet. Generate some pictures first.');
  const items = list.runs.map(({ runId, manifest, pngPath }) => ({
    runId,
    label: shortened(runTitle(manifest), titleLength),
    description: runFigures(manifest),
    iconPath: Uri.file(pngPath),
    picked: chosen.includes(runId),
  }));
  const picked = await window.showQuickPick(items, {
    title,
    placeHolder: 'Type to filter by prompt',
    canPickMany: true,
    matchOnDescription: true,
  });
  return picked?.map(({ runId }) => runId);
}
