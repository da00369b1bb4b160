import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  contactSheetRepo,
  fetchContactSheet,
  findContactSheet,
} from '../protocol/contactSheets.ts';
import type { Dispatcher } from '../protocol/dispatcher.ts';
import { invalidInput, modelError } from '../protocol/errors.ts';
import type { FeatureRef } from '../protocol/featurePanel.ts';
import { paperBlocks } from '../protocol/paperBlocks.ts';
import { hubSource } from './models/download/downloadPlan.ts';
import type { HubAccess } from './models/download/hubClient.ts';
import { planHubFile } from './models/download/hubFile.ts';
import { type TransferContext, transferFile } from './models/download/transferFile.ts';
import type { InstalledSae } from './models/sae/installedSaes.ts';
import { shortName } from './onnx/findStages.ts';

export interface ContactSheetPorts {
  readonly saesOf: (
    modelDir: string,
  ) => Promise<readonly Pick<InstalledSae, 'stagePath' | 'manifest'>[]>;
  readonly storageDir: string;
  readonly access: (hubUrl: string) => HubAccess;
  readonly onNote: (text: string) => void;
  /** See `TransferContext`. */
  readonly times?: Pick<TransferContext, 'stallMs' | 'retryMs'>;
}

/** Nine pictures and their maps are a tenth of this. */
const sheetBytesMax = 16 * 2 ** 20;
const jpegStart = Buffer.of(0xff, 0xd8, 0xff);

/** Requests of `protocol/contactSheets.ts`. Sheets lie in `<storage>/contact-sheets/<block>/<id>.jpg`. */
export function registerContactSheets(
  dispatcher: Dispatcher,
  { saesOf, storageDir, access, onNote, times }: ContactSheetPorts,
): void {
  const dir = join(storageDir, 'contact-sheets');

  async function isPublic(modelDir: string, { block, id }: FeatureRef): Promise<boolean> {
    const saes = await saesOf(modelDir);
    const sae = saes.find(({ stagePath }) => shortName(stagePath) === block);
    return sae !== undefined && isOfPublicForm(sae, block) && id < sae.manifest.nFeatures;
  }
  const keptAt = async (path: string): Promise<string | null> =>
    (await stat(path).catch(() => undefined))?.isFile() ? path : null;

  dispatcher.handle(findContactSheet, async ({ modelDir, feature }) => {
    if (!(await isPublic(modelDir, feature))) return null;
    return { repo: contactSheetRepo, path: await keptAt(join(dir, pathOf(feature))) };
  });

  dispatcher.handle(fetchContactSheet, async ({ modelDir, feature, hubUrl }, { signal }) => {
    if (!(await isPublic(modelDir, feature))) {
      throw invalidInput(`There is no contact sheet of ${feature.block}/${String(feature.id)}.`);
    }
    const path = pathOf(feature);
    const hub = access(hubUrl.replace(/\/+$/, ''));
    const plan = await planHubFile(contactSheetRepo, path, sheetBytesMax, hub, signal);
    const [file] = plan.files;
    if (!file) throw modelError(`${contactSheetRepo} has no ${path}.`);
    const nothing = (): void => undefined;
    const context = { ...hub, ...times, signal, onNote, onBytes: nothing };
    await transferFile(dir, hubSource(plan, hub.hubUrl), file, {
      ...context,
      pass: () => Promise.resolve(),
    });
    const kept = join(dir, path);
    if (!(await isJpeg(kept))) {
      await rm(kept);
      throw modelError(`${contactSheetRepo}/${path} is no JPEG picture.`);
    }
    return { repo: contactSheetRepo, path: kept };
  });
}

/** `down.2.1/1674.jpg`: a block's name and a number, and so never out of the folder. */
function pathOf({ block, id }: FeatureRef): string {
  const isKnown = paperBlocks.some(({ name }) => name === block);
  if (!isKnown || !Number.isInteger(id) || id < 0) {
    throw invalidInput(`"${block}/${String(id)}" names no feature that has a contact sheet.`);
  }
  return `${block}/${String(id)}.jpg`;
}

/** Those of the paper: files of sdxl-unbox, k = 10, n = 5,120. Their hashes are not published beside the sheets. */
export const isOfPublicForm = (
  { manifest }: Pick<InstalledSae, 'manifest'>,
  block: string,
): boolean =>
  paperBlocks.some(({ name }) => name === block) &&
  manifest.provenance.format === 'sdxl-unbox' &&
  manifest.dModel === 1280 &&
  manifest.nFeatures === 5120 &&
  manifest.k === 10;

async function isJpeg(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(jpegStart.length) });
    return bytesRead === jpegStart.length && buffer.equals(jpegStart);
  } finally {
    await file.close();
  }
}
