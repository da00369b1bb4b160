import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { invalidInput } from '../protocol/errors.ts';
import { type ActiveSae, activeSaes, type KnownSae } from './lens/saes/activeSaes.ts';
import { type HashMemory, hashModelFiles } from './models/hash.ts';
import type { ModelFolder } from './models/modelFolder.ts';
import { findInstalledSaes } from './models/sae/installedSaes.ts';
import { SaeLibrary, type UnreadableSae } from './models/sae/saeLibrary.ts';

/** All SAEs of one model at one moment. */
export interface ModelSaes {
  readonly library: SaeLibrary;
  readonly saes: readonly KnownSae[];
  readonly broken: readonly UnreadableSae[];
  /** The one that is used, by stage. */
  readonly active: ReadonlyMap<string, ActiveSae>;
}

/**
 * The SAEs of a model: those of its own folder (`<model>/saes/*`) and those that the person imported. Read anew each
 * time, since other windows import, remove and choose too.
 *
 * @param hashes asked only when something was imported
 * @throws `model` when the model folder's own SAEs are not valid
 */
export async function readModelSaes(
  folder: ModelFolder,
  storageDir: string,
  hashes: () => HashMemory,
): Promise<ModelSaes> {
  const library = new SaeLibrary(storageDir, folder.description.id);
  const own = await findInstalledSaes(join(folder.dir, 'saes'));
  const { saes: imported, broken } = await library.list();
  const unet = imported.length > 0 ? await unetHash(folder, hashes()) : undefined;
  const saes: KnownSae[] = [
    ...own.map((sae) => ({
      ...sae,
      saeId: ownIdOf(sae.folder),
      origin: 'model' as const,
      isForOtherWeights: false,
    })),
    ...imported.map(({ unetSha256, ...sae }) => ({
      ...sae,
      origin: 'imported' as const,
      isForOtherWeights: unetSha256 !== unet,
    })),
  ];
  const chosen = new Map<string, string>();
  for (const { stagePath } of saes) {
    const saeId = await library.chosen(stagePath);
    if (saeId !== undefined) chosen.set(stagePath, saeId);
  }
  return { library, saes, broken, active: activeSaes(saes, chosen) };
}

/** @throws `invalidInput` that lists what there is */
export function saeNamed({ saes }: ModelSaes, saeId: string): KnownSae {
  const found = saes.find((sae) => sae.saeId === saeId);
  if (found) return found;
  const known = saes.map((sae) => sae.saeId).join(', ');
  throw invalidInput(`There is no SAE "${saeId}"; this model has ${known || 'none'}.`);
}

/** SHA-256 over the U-net's files: which weights an SAE was imported for. */
export async function unetHash(
  { files }: ModelFolder,
  memory: HashMemory,
  signal?: AbortSignal,
): Promise<string> {
  const unet = files.filter(({ name }) => name.startsWith('unet/'));
  const hash = createHash('sha256');
  const hashes = await hashModelFiles(unet, memory, signal);
  for (const [name, sha256] of Object.entries(hashes)) hash.update(`${name} ${sha256}\n`);
  return hash.digest('hex');
}

/** Of an SAE in the model's folder: no imported one's id begins like this. */
const ownIdOf = (folder: string): string =>
  `model.${encodeURIComponent(folder.split(/[/\\]/).at(-1) ?? '').replace(/[^\w.%-]/g, '_')}`;
