import { type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import { bytesText } from '../../protocol/countText.ts';
import { modelError } from '../../protocol/errors.ts';
import { listModels, type ModelEntry, removeModel } from '../../protocol/models.ts';
import type { Caller } from '../../protocol/request.ts';
import type { CurrentModel } from '../currentModel.ts';
import { addModel } from './addModel.ts';
import type { DownloadPorts } from './downloadByName.ts';
import { writeSetting } from './writeSetting.ts';

interface ModelItem extends QuickPickItem {
  /** Missing: add one, or take one off the list. */
  readonly entry?: ModelEntry;
  readonly action?: 'add' | 'remove';
}

/** The embedded model and those that were added; what is chosen makes all new pictures. */
export async function chooseModel(
  engine: Caller,
  model: CurrentModel,
  ports: DownloadPorts,
): Promise<void> {
  const { models } = await engine.request(listModels, null);
  const items: ModelItem[] = [
    ...models.map((entry) => itemOf(entry, entry.dir === model.dir)),
    ...(models.some(({ dir }) => dir === model.dir)
      ? []
      : [{ label: `$(folder) ${model.dir}`, description: 'in use, not on the list' }]),
    { label: '', kind: QuickPickItemKind.Separator },
    { label: '$(add) Add Model…', action: 'add' as const },
    ...(models.length > 1
      ? [{ label: '$(trash) Remove a Model from the List…', action: 'remove' as const }]
      : []),
  ];
  const picked = await window.showQuickPick(items, {
    title: 'Choose Model',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked?.action === 'add') await addAndUse(engine, ports);
  else if (picked?.action === 'remove') await removeOne(engine, model, models);
  else if (picked?.entry) await use(picked.entry);
}

/** Adds a model and offers to use it. */
export async function addAndUse(engine: Caller, ports: DownloadPorts): Promise<void> {
  const entry = await addModel(engine, ports);
  if (!entry) return;
  const useIt = 'Use It Now';
  const pressed = await window.showInformationMessage(`"${entry.title}" was added.`, useIt);
  if (pressed === useIt) await use(entry);
}

async function use(entry: ModelEntry): Promise<void> {
  if (entry.problem !== undefined) throw modelError(entry.problem);
  await writeSetting('model.folder', entry.isEmbedded ? '' : entry.dir);
}

async function removeOne(
  engine: Caller,
  model: CurrentModel,
  models: readonly ModelEntry[],
): Promise<void> {
  const items = models
    .filter(({ isEmbedded }) => !isEmbedded)
    .map((entry) => itemOf(entry, entry.dir === model.dir));
  const picked = await window.showQuickPick(items, { title: 'Remove a Model from the List' });
  if (!picked?.entry) return;
  const { dir, title, isDownloaded } = picked.entry;
  if (isDownloaded) {
    const yes = 'Delete Its Files';
    const question = `Remove "${title}"? It was downloaded: its files are deleted.`;
    if ((await window.showWarningMessage(question, { modal: true }, yes)) !== yes) return;
  }
  await engine.request(removeModel, { modelDir: dir });
  if (dir === model.dir) await writeSetting('model.folder', '');
}

const itemOf = (entry: ModelEntry, isUsed: boolean): ModelItem => ({
  label: `${entry.problem === undefined ? '$(package)' : '$(warning)'} ${entry.title}`,
  description: [
    isUsed ? 'in use' : '',
    entry.isEmbedded ? 'comes with the extension' : '',
    entry.sizeBytes > 0 ? bytesText(entry.sizeBytes) : '',
  ]
    .filter(Boolean)
    .join(' · '),
  detail: entry.problem ?? (entry.isEmbedded ? 'Small and quick.' : entry.dir),
  entry,
});
