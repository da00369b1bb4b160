import { type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import { cudaText } from '../../protocol/cudaWords.ts';
import { hello, probeProviders, protocolVersion } from '../../protocol/engine.ts';
import type { Provider, ProviderProbe } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import type { Settings } from '../settings.ts';
import { openText } from './openText.ts';
import { providerNames } from './providerNames.ts';
import { writeSetting } from './writeSetting.ts';

interface ProviderItem extends QuickPickItem {
  readonly choice?: Provider | 'auto' | 'howToCuda';
}

/** Offers what a probe found working; the others are listed with the reason and cannot be chosen. */
export async function chooseProvider(
  engine: Caller,
  settings: Settings,
  extensionDir: string,
): Promise<void> {
  const picker = window.createQuickPick<ProviderItem>();
  picker.title = 'Choose Provider';
  picker.placeholder = 'What computes the pictures. Trying out what works here…';
  picker.busy = true;
  picker.matchOnDetail = true;
  const closed = new AbortController();
  const chosen = new Promise<ProviderItem['choice']>((resolve) => {
    picker.onDidAccept(() => {
      const choice = picker.activeItems[0]?.choice;
      if (choice === undefined) return;
      resolve(choice);
      picker.hide();
    });
    picker.onDidHide(() => {
      closed.abort();
      resolve(undefined);
      picker.dispose();
    });
  });
  picker.show();
  try {
    const options = { signal: closed.signal };
    const probes = await engine.request(probeProviders, { refresh: true }, options);
    if (closed.signal.aborted) return;
    picker.items = itemsFor(probes, settings.get('engine.provider'));
    picker.placeholder = 'What computes the pictures';
    picker.busy = false;
  } catch (error) {
    picker.hide();
    throw error;
  }
  const choice = await chosen;
  if (choice === 'howToCuda') {
    const { versions } = await engine.request(hello, { protocolVersion });
    await openText('cuda.sh', cudaText(versions.onnxruntime, extensionDir));
  } else if (choice !== undefined) await writeSetting('engine.provider', choice);
}

function itemsFor(probes: readonly ProviderProbe[], current: Provider | 'auto'): ProviderItem[] {
  const mark = (choice: Provider | 'auto'): string => (choice === current ? 'in use' : '');
  const working = probes.filter(({ isWorking }) => isWorking);
  const others = probes.filter(({ isWorking }) => !isWorking);
  return [
    {
      label: '$(sparkle) Automatic',
      description: mark('auto'),
      detail: 'The CPU: exact, and there on every machine.',
      choice: 'auto',
    },
    ...working.map(({ provider }) => ({
      label: `$(pass) ${providerNames[provider]}`,
      description: mark(provider),
      choice: provider,
    })),
    { label: 'Not working here', kind: QuickPickItemKind.Separator },
    ...others.map(({ provider, reason }) => ({
      label: `$(circle-slash) ${providerNames[provider]}`,
      description: mark(provider),
      detail: reason,
    })),
    ...(others.some(({ provider }) => provider === 'cuda')
      ? [
          {
            label: '$(terminal) How to Get CUDA…',
            detail: "The commands that put ONNX Runtime's CUDA library where it is looked for.",
            choice: 'howToCuda' as const,
          },
        ]
      : []),
  ];
}
