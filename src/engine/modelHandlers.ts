import { isAbsolute, join } from 'node:path';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import { invalidInput } from '../protocol/errors.ts';
import { addModel, inspectModel, listModels, removeModel } from '../protocol/models.ts';
import type { Services } from './handlers.ts';
import { inspectModel as inspect } from './models/inspect/inspectModel.ts';
import { ModelList } from './models/modelList.ts';

/** Requests about which models there are. */
export function registerModelHandlers(dispatcher: Dispatcher, { config }: Services): void {
  const list = new ModelList(config.storageDir, join(config.extensionDir, 'models', 'mini'));

  dispatcher.handle(inspectModel, ({ modelDir }) => inspect(absolute(modelDir)));
  dispatcher.handle(listModels, async () => ({
    models: await list.list(),
    downloaded: await list.downloaded(),
  }));
  dispatcher.handle(addModel, async ({ modelDir, acceptedLicence }) => ({
    entry: await list.add(absolute(modelDir), acceptedLicence),
  }));
  dispatcher.handle(removeModel, async ({ modelDir }) => {
    await list.remove(absolute(modelDir));
    return { models: await list.list() };
  });
}

function absolute(path: string): string {
  if (isAbsolute(path)) return path;
  throw invalidInput(`The model's folder is "${path}"; an absolute path is wanted.`);
}
