import { resolve } from 'node:path';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import type { GenerateProgress } from '../protocol/engine.ts';
import { invalidInput } from '../protocol/errors.ts';
import {
  type BlockReading,
  type ExportedReadings,
  exportPictureReadings,
  exportReadings,
} from '../protocol/features.ts';
import type { RunManifest } from '../protocol/manifest.ts';
import type { Provider } from '../protocol/provider.ts';
import type { HandlerContext } from '../protocol/request.ts';
import { decodeReadings, encodeReadings } from './lens/readingsFile.ts';
import { reread } from './lens/reread.ts';
import type { Models } from './models.ts';
import type { PictureRequest } from './pipeline/checkRequest.ts';
import type { Store } from './store/store.ts';
import { writeBytes } from './store/writeBytes.ts';

interface Making {
  readonly modelDir: string;
  readonly provider: Provider;
}

/** Codes, and when asked ΔD, of a picture as a file. */
export function registerExportHandlers(
  dispatcher: Dispatcher,
  { models, store }: { readonly models: Models; readonly store: Store },
): void {
  async function withUpdates(
    kept: readonly BlockReading[],
    request: PictureRequest,
    making: Making,
    path: string,
    { signal, progress }: HandlerContext<GenerateProgress>,
  ): Promise<ExportedReadings> {
    const { updates, blocks } = await reread(kept, request, (again, watching) =>
      models.observe(making, again, { ...watching, signal, progress }),
    );
    progress({ phase: 'saving' });
    await writeBytes(path, encodeReadings(kept, updates, { reread: JSON.stringify(blocks) }));
    return { path, reread: blocks };
  }

  dispatcher.handle(exportReadings, async ({ runId, path, updates }, context) => {
    if (!updates) {
      await store.runs.copyReadings(runId, path);
      return { path };
    }
    const kept = await decodeReadings(store.runs.readingsPath(runId));
    const { manifest } = store.runs.open(runId).run;
    if (manifest.explained) {
      throw invalidInput(
        `The run was read from ${manifest.explained.name}, not made: its ΔD cannot be made again. Export its codes alone.`,
      );
    }
    await refuseOtherModel(models, manifest, updates.modelDir, context.signal);
    return withUpdates(kept, manifest, updates, path, context);
  });

  dispatcher.handle(exportPictureReadings, async (params, context) => {
    const { picture, readings } = params;
    if (readings.length === 0) {
      throw invalidInput('The picture was made without SAEs: there are no codes to export.');
    }
    const path = resolve(params.path);
    if (params.withUpdates) return withUpdates(readings, picture, picture, path, context);
    await writeBytes(path, encodeReadings(readings));
    return { path };
  });
}

/** @throws `invalidInput` naming the file that is another one than when the run was made */
async function refuseOtherModel(
  models: Models,
  { model }: RunManifest,
  modelDir: string,
  signal: AbortSignal,
): Promise<void> {
  const { hashes } = await models.identify(modelDir, signal);
  const changed = Object.keys({ ...model.hashes, ...hashes }).find(
    (name) => model.hashes[name] !== hashes[name],
  );
  if (changed === undefined) return;
  throw invalidInput(
    `The run was made with another ${changed} (model "${model.id}"): its ΔD cannot be made again with this model.`,
  );
}
