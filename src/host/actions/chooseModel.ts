import { type QuickPickItem, Uri, window, ProgressLocation } from 'vscode';
import { describeModel } from '../../protocol/engine.ts';
import type { Caller } from '../../protocol/request.ts';
import type { CurrentModel } from '../currentModel.ts';
import { writeSetting } from './writeSetting.ts';

interface ModelItem extends QuickPickItem {
  /** '' = the embedded model; missing = ask for a folder. */
  readonly folder?: string;
}

/** The embedded model, or a folder in Optimum's layout; a folder is read before it is taken. */
export async function chooseModel(engine: Caller, model: CurrentModel): Promise<void> {
  const items: ModelItem[] = [
    {
      label: '$(package) Embedded model',
      description: model.isEmbedded ? 'in use' : '',
      detail: 'Small and quick; comes with the extension.',
      folder: '',
    },
    ...(model.isEmbedded
      ? []
      : [{ label: `$(folder) ${model.dir}`, description: 'in use', folder: model.dir }]),
    {
      label: '$(folder-opened) Choose a folder…',
      detail:
        'A text-to-image model as ONNX files, with model_index.json and unet/model.onnx in it.',
    },
  ];
  const picked = await window.showQuickPick(items, { title: 'Choose Model' });
  if (!picked) return;
  const folder = picked.folder ?? (await askFolder());
  if (folder === undefined) return;
  if (folder !== '') await readFirst(engine, folder);
  await writeSetting('model.folder', folder);
}

async function askFolder(): Promise<string | undefined> {
  const [uri] =
    (await window.showOpenDialog({
      title: 'Folder of the model',
      openLabel: 'Use This Model',
      canSelectFiles: false,
      canSelectFolders: true,
    })) ?? [];
  return uri && Uri.file(uri.fsPath).fsPath;
}

async function readFirst(engine: Caller, modelDir: string): Promise<void> {
  await window.withProgress(
    { location: ProgressLocation.Notification, title: 'Reading the model', cancellable: true },
    (_, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => {
        controller.abort();
      });
      return engine.request(describeModel, { modelDir }, { signal: controller.signal });
    },
  );
}
