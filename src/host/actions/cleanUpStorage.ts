import { window } from 'vscode';
import { bytesText, countText } from '../../protocol/countText.ts';
import { cleanUpRuns } from '../../protocol/engine.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Settings } from '../settings.ts';
import type { RunList } from '../trees/runList.ts';
import { usageText } from '../words.ts';

/** Says what will go before it goes. @returns whether anything was removed */
export async function cleanUpStorage(
  engine: Caller,
  settings: Settings,
  list: RunList,
): Promise<boolean> {
  await list.reload();
  const { usage } = list;
  if (!usage) return false;
  const { quotaBytes } = settings;
  const pressed = await window.showWarningMessage(
    'Clean up the kept runs?',
    {
      modal: true,
      detail: [
        `Kept now: ${usageText({ ...usage, quotaBytes })}, in ${usage.dir}.`,
        'Deleted runs are removed for good and can no longer be restored.',
        usage.sizeBytes > quotaBytes
          ? `Then the oldest runs go until the rest takes at most ${bytesText(quotaBytes)}.`
          : 'All other runs stay.',
      ].join('\n'),
    },
    'Clean Up',
  );
  if (!pressed) return false;
  const { removedCount, usage: after } = await engine.request(cleanUpRuns, { quotaBytes });
  await list.reload();
  void window.showInformationMessage(
    `Removed ${countText(removedCount, 'run')}. Kept: ${usageText({ ...after, quotaBytes })}.`,
  );
  return true;
}
