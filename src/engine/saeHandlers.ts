import type { Dispatcher } from '../protocol/dispatcher.ts';
import {
  acceptSaeOnPrompts,
  chooseSae,
  exportSaeFiles,
  importSaeFiles,
  inspectSae,
  listSaes,
  readAcceptance,
  removeSae,
  restoreSae,
} from '../protocol/saes.ts';
import type { Models } from './models.ts';
import { Saes } from './saes.ts';

/** The requests about SAEs; each that changes what is kept says so. */
export function registerSaeHandlers(
  dispatcher: Dispatcher,
  { models, onSaesChanged }: { readonly models: Models; readonly onSaesChanged: () => void },
): void {
  const saes = new Saes(models);
  const changed = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    onSaesChanged();
    return result;
  };
  const nothing = async (work: Promise<unknown>): Promise<null> => {
    await changed(work);
    return null;
  };
  dispatcher.handle(inspectSae, ({ modelDir, path }) => saes.inspect(modelDir, path));
  dispatcher.handle(importSaeFiles, (params, context) => changed(saes.import(params, context)));
  dispatcher.handle(listSaes, ({ modelDir }) => saes.list(modelDir));
  dispatcher.handle(acceptSaeOnPrompts, (params, context) => changed(saes.accept(params, context)));
  dispatcher.handle(readAcceptance, ({ modelDir, saeId }) => saes.report(modelDir, saeId));
  dispatcher.handle(exportSaeFiles, async ({ modelDir, saeId, format, path }) => ({
    files: await saes.export(modelDir, saeId, format, path),
  }));
  dispatcher.handle(removeSae, ({ modelDir, saeId }, { signal }) =>
    nothing(saes.remove(modelDir, saeId, signal)),
  );
  dispatcher.handle(restoreSae, ({ modelDir, saeId }) => nothing(saes.restore(modelDir, saeId)));
  dispatcher.handle(chooseSae, ({ modelDir, saeId, isChosen }) =>
    nothing(saes.choose(modelDir, saeId, isChosen)),
  );
}
