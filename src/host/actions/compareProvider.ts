import { window } from 'vscode';
import { reportParity } from '../../protocol/parity.ts';
import { parityText } from '../../protocol/parityWords.ts';
import { probeProviders } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import type { CurrentModel } from '../currentModel.ts';
import { progressText } from '../panels/progressText.ts';
import { countText } from '../../protocol/countText.ts';
import { openText } from './openText.ts';
import { providerNames } from './providerNames.ts';
import { withProgress } from './withProgress.ts';

const prompt = 'a red apple on grass';

/** What the numbers of a provider that works here are worth: a picture with it beside the same one on the CPU. */
export async function compareProvider(engine: Caller, model: CurrentModel): Promise<void> {
  const probing = withProgress('Trying out what works here', (signal) =>
    engine.request(probeProviders, { refresh: false }, { signal }),
  );
  const items = probing.then((probes) =>
    probes.map(({ provider, isWorking, reason }) => ({
      label: `$(${isWorking ? 'pass' : 'circle-slash'}) ${providerNames[provider]}`,
      detail: provider === 'cpu' ? 'One session beside the usual chain of segments.' : reason,
      provider,
      isWorking,
    })),
  );
  const picked = await window.showQuickPick(items, {
    title: 'Compare Provider with the CPU',
    placeHolder: 'Features, strengths, pixels and time of one picture',
  });
  if (!picked) return;
  const { provider, isWorking, detail } = picked;
  if (!isWorking) {
    void window.showWarningMessage(`${providerNames[provider]} does not work here: ${detail}`);
    return;
  }
  const { defaults, title } = await model.describe();
  const base = { ...defaults, prompt, negativePrompt: '', seed: 0 };
  const params = { modelDir: model.dir, provider, base };
  const report = await withProgress('Comparing pictures', (signal, say) =>
    engine.request(reportParity, params, {
      signal,
      onProgress: (progress) => {
        say(progressText(progress).phase);
      },
    }),
  );
  const what = `${title}, "${prompt}", seed 0, ${countText(defaults.steps, 'step')}`;
  await openText('provider-and-cpu.txt', `${what}\n${parityText(report)}`);
}
