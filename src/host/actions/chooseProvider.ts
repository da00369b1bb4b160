import { type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import {
  chooseProvider as decide,
  type ProviderDecision,
  type ProviderProbe,
  type ProviderWish,
  probeProviders,
} from '../../protocol/provider.ts';
import type { CurrentModel } from '../currentModel.ts';
import { fetchCuda, type FetchCudaPorts } from './fetchCuda.ts';
import { providerNames } from './providerNames.ts';
import { writeSetting } from './writeSetting.ts';

interface ProviderItem extends QuickPickItem {
  readonly choice?: ProviderWish | 'fetchCuda';
}

export interface ChooseProviderPorts extends FetchCudaPorts {
  readonly model: CurrentModel;
}

/** Offers what a probe found working; the others are listed with the reason and cannot be chosen. */
export async function chooseProvider(ports: ChooseProviderPorts): Promise<void> {
  const { engine, model, settings } = ports;
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
    const decision = await engine.request(decide, { modelDir: model.dir }, options);
    if (closed.signal.aborted) return;
    picker.items = itemsFor(probes, decision, settings.provider);
    picker.placeholder = 'What computes the pictures';
    picker.busy = false;
  } catch (error) {
    picker.hide();
    throw error;
  }
  const choice = await chosen;
  if (choice === 'fetchCuda') await fetchCuda(ports);
  else if (choice !== undefined) await writeSetting('engine.provider', choice);
}

function itemsFor(
  probes: readonly ProviderProbe[],
  { provider: automatic, why }: ProviderDecision,
  current: ProviderWish,
): ProviderItem[] {
  const mark = (choice: ProviderWish): string => (choice === current ? 'in use' : '');
  const working = probes.filter(({ isWorking }) => isWorking);
  const others = probes.filter(({ isWorking }) => !isWorking);
  return [
    {
      label: '$(sparkle) Automatic',
      description: mark('auto'),
      detail: `${providerNames[automatic]} for this model: ${why}.`,
      choice: 'auto',
    },
    ...working.map((probe) => ({
      label: `$(pass) ${providerNames[probe.provider]}`,
      description: mark(probe.provider),
      detail: speedOf(probe, probes),
      choice: probe.provider,
    })),
    ...(others.some(({ provider }) => provider === 'cuda')
      ? [
          {
            label: '$(cloud-download) Fetch CUDA…',
            detail:
              "ONNX Runtime's CUDA library: its size is told first. NVIDIA's own libraries must be there.",
            choice: 'fetchCuda' as const,
          },
        ]
      : []),
    ...(others.length > 0
      ? [{ label: 'Not working here', kind: QuickPickItemKind.Separator }]
      : []),
    ...others.map(({ provider, reason }) => ({
      label: `$(circle-slash) ${providerNames[provider]}`,
      description: mark(provider),
      detail: reason,
    })),
  ];
}

/** What the probe measured, in words. */
function speedOf({ provider, product }: ProviderProbe, probes: readonly ProviderProbe[]): string {
  if (!product) return 'Works, but far slower than the CPU.';
  const error = `largest error ${product.relativeError.toExponential(0)}`;
  const took = `Eight products of 512 × 512 matrices in ${product.runMs.toFixed(1)} ms`;
  const cpu = probes.find((probe) => probe.provider === 'cpu')?.product;
  if (provider === 'cpu' || !cpu) return `${took}, ${error}.`;
  const times = (cpu.runMs / product.runMs).toPrecision(2);
  return `${took}, ${times} times as fast as the CPU, ${error}.`;
}
