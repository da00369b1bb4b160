import { commands, type QuickPickItem, window } from 'vscode';
import { providers } from '../../protocol/provider.ts';
import type { StoreUsage } from '../../protocol/engine.ts';
import type { CommandId } from '../commands.ts';
import type { Settings } from '../settings.ts';
import type { StatusText } from '../statusText.ts';
import { usageText } from '../words.ts';

interface MenuItem extends QuickPickItem {
  readonly run: CommandId | 'workbench.trust.manage' | 'settings';
}

export interface MenuFacts {
  readonly status: StatusText;
  readonly usage: StoreUsage | undefined;
  readonly settings: Settings;
  readonly isTrusted: boolean;
}

/** What a click on the status item offers. */
export async function showEngineMenu({ status, usage, settings, isTrusted }: MenuFacts) {
  const provider = settings.get('engine.provider');
  const items: readonly MenuItem[] = isTrusted
    ? [
        { label: '$(refresh) Restart Engine', run: 'featurescope.restartEngine' },
        {
          label: '$(chip) Choose Provider',
          description: provider === 'auto' ? `automatic: ${providers[0]}` : provider,
          run: 'featurescope.chooseProvider',
        },
        { label: '$(package) Choose Model', run: 'featurescope.chooseModel' },
        {
          label: '$(clear-all) Clean Up Storage…',
          description: usage ? usageText(usage) : '',
          run: 'featurescope.cleanUpStorage',
        },
        { label: '$(gear) Settings', run: 'settings' },
        { label: '$(output) Show Log', run: 'featurescope.showLog' },
      ]
    : [
        { label: '$(shield) Manage Workspace Trust', run: 'workbench.trust.manage' },
        { label: '$(output) Show Log', run: 'featurescope.showLog' },
      ];
  const placeHolder = status.tooltip.split('\n')[0] ?? '';
  const picked = await window.showQuickPick(items, {
    title: 'SAE: Engine and Storage',
    placeHolder,
  });
  if (!picked) return;
  if (picked.run === 'settings') await openSettings();
  else await commands.executeCommand(picked.run);
}

export async function openSettings(): Promise<void> {
  await commands.executeCommand('workbench.action.openSettings', '@ext:featurescope.featurescope');
}
