import { type QuickPickItem, window } from 'vscode';
import type { RunSummary } from '../../protocol/engine.ts';
import { exportReadings } from '../../protocol/features.ts';
import type { ProviderWish } from '../../protocol/provider.ts';
import type { Caller } from '../../protocol/request.ts';
import type { CurrentModel } from '../currentModel.ts';
import { progressText } from '../panels/progressText.ts';
import { askWhere } from './saveText.ts';
import { withProgress } from './withProgress.ts';

interface ContentItem extends QuickPickItem {
  readonly withUpdates: boolean;
}

/** Codes, and on wish ΔD, of a kept run as safetensors; says when the picture did not come out the same again. */
export async function exportRun(
  engine: Caller,
  model: CurrentModel,
  provider: ProviderWish,
  { runId }: RunSummary,
): Promise<void> {
  const items: ContentItem[] = [
    {
      label: 'Codes',
      detail: 'Features and strengths of every cell, ‖ΔD‖, and what the SAEs miss.',
      withUpdates: false,
    },
    {
      label: 'Codes and ΔD',
      detail: 'Makes the picture again to have the update of every block by value.',
      withUpdates: true,
    },
  ];
  const picked = await window.showQuickPick(items, {
    title: 'Export Codes of Run',
    placeHolder: 'What goes into the file?',
  });
  if (!picked) return;
  const uri = await askWhere('Export Codes of Run', `${runId}.safetensors`);
  if (!uri) return;
  const updates = { modelDir: model.dir, provider };
  const { reread = [], path } = await withProgress('Exporting the run', (signal, say) =>
    engine.request(
      exportReadings,
      { runId, path: uri.fsPath, ...(picked.withUpdates && { updates }) },
      {
        signal,
        onProgress: (progress) => {
          say(progressText(progress).phase);
        },
      },
    ),
  );
  const others = reread.filter(({ isSameSae }) => !isSameSae).map(({ block }) => block);
  const apart = reread.filter(({ isEqual }) => !isEqual);
  const worst = Math.max(0, ...apart.map(({ largestDifference }) => largestDifference));
  const notes = [
    others.length > 0
      ? `${others.join(', ')} has another SAE by now: its codes are those of the run, only ΔD was compared.`
      : '',
    apart.length > 0
      ? `Made again, ${apart.map(({ block }) => block).join(', ')} came out different by up to ${worst.toExponential(1)} of the largest value.`
      : '',
  ].filter(Boolean);
  if (notes.length > 0) void window.showWarningMessage(`Exported to ${path}. ${notes.join(' ')}`);
  else void window.showInformationMessage(`Exported to ${path}.`);
}
