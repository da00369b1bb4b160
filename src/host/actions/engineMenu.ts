import { commands, type QuickPickItem, window } from 'vscode';
import { bytesText, countText } from '../../protocol/countText.ts';
import type { StoreUsage } from '../../protocol/engine.ts';
import type { CommandId } from '../commands.ts';
import type { Settings } from '../settings.ts';
import type { StatusText } from '../statusText.ts';
import type { EngineSupervisor } from '../supervisor/engineSupervisor.ts';
import { freeMemory, readResident } from '../../protocol/resident.ts';
import { usageText } from '../words.ts';
import { providerNames } from './providerNames.ts';

interface MenuItem extends QuickPickItem {
  readonly run: CommandId | 'workbench.trust.manage' | 'settings' | 'free';
}

export interface MenuFacts {
  readonly engine: EngineSupervisor;
  readonly status: StatusText;
  readonly usage: StoreUsage | undefined;
  readonly settings: Settings;
  readonly isTrusted: boolean;
}

/** What a click on the status item offers. */
export async function showEngineMenu(facts: MenuFacts): Promise<void> {
  const { engine, status, usage, settings, isTrusted } = facts;
  const provider = settings.get('engine.provider');
  const items: readonly MenuItem[] = isTrusted
    ? [
        { label: '$(refresh) Restart Engine', run: 'featurescope.restartEngine' },
        {
          label: '$(chip) Choose Provider',
          description: provider === 'auto' ? 'automatic' : providerNames[provider],
          run: 'featurescope.chooseProvider',
        },
        { label: '$(package) Choose Model', run: 'featurescope.chooseModel' },
        ...(await residentItems(engine)),
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
  else if (picked.run === 'free') await engine.request(freeMemory, null);
  else await commands.executeCommand(picked.run);
}

/** What is in memory, as a row that takes it out; an engine that does not run is not started for it. */
async function residentItems(engine: EngineSupervisor): Promise<readonly MenuItem[]> {
  if (engine.state.kind !== 'ready' && engine.state.kind !== 'busy') return [];
  const { model, runner } = await engine.request(readResident, null);
  if (!runner || (model === null && runner !== 'working' && runner.sessionCount === 0)) return [];
  const size =
    runner === 'working'
      ? 'working'
      : `${countText(runner.sessionCount, 'session')}, ${bytesText(runner.residentBytes)}`;
  const what =
    model === null ? 'no picture model' : `${model.title} on ${providerNames[model.provider]}`;
  return [
    { label: '$(server) Free Memory', description: `${what}: ${size}`, run: 'free' as const },
  ];
}

export async function openSettings(): Promise<void> {
  await commands.executeCommand('workbench.action.openSettings', '@ext:featurescope.featurescope');
}
