import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../files/writeWhole.ts';
import * as z from 'zod';
import { FeaturescopeError, invalidInput } from '../../../protocol/errors.ts';
import { parseModelJson } from '../modelFiles.ts';
import type { InstalledSae } from './installedSaes.ts';
import type { SaeDefinition } from './saeDefinition.ts';
import type { SaeStorage } from './saeManifest.ts';
import { readSaeManifest, writeSae } from './saeStore.ts';

/** An SAE that the person imported. */
export interface ImportedSae extends InstalledSae {
  readonly saeId: string;
  /** ISO 8601, UTC. */
  readonly importedAt: string;
  /** Which weights of the model it was imported for: see `unetHash`. */
  readonly unetSha256: string;
}

/** A folder in the library that is no SAE, or a broken one. */
export interface UnreadableSae {
  readonly saeId: string;
  readonly cause: string;
}

const recordName = 'import.json';
const recordSchema = z.object({
  version: z.literal(1),
  importedAt: z.iso.datetime(),
  unetSha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const choiceSchema = z.object({ version: z.literal(1), saeId: z.string().nullable() });

/** Half-written folders of an import that was killed are removed after this long. */
const staleMs = 24 * 3600 * 1000;

/**
 * The SAEs that a person imported for one model, below `<storage>/saes/<model id>/`:
 * `installed/<sae id>/` (`sae.json`, `sae.safetensors`, `import.json`), `incoming/` while they are written, `removed/`
 * until the next clean-up, `chosen/<stage>.json`, `reports/<sae id>.json`. A folder appears and goes by one rename and
 * each choice is a file of its own, so that windows can share it.
 */
export class SaeLibrary {
  readonly dir: string;

  constructor(storageDir: string, modelId: string) {
    this.dir = join(storageDir, 'saes', folderName(modelId));
  }

  async list(): Promise<{
    readonly saes: readonly ImportedSae[];
    readonly broken: readonly UnreadableSae[];
  }> {
    const saes: ImportedSae[] = [];
    const broken: UnreadableSae[] = [];
    for (const saeId of await folderNames(join(this.dir, 'installed'))) {
      try {
        saes.push(await this.#read(saeId));
      } catch (error) {
        // Another window may just have removed it.
        const isThere = await stat(this.#installed(saeId)).catch(() => undefined);
        if (isThere) broken.push({ saeId, cause: FeaturescopeError.from(error).message });
      }
    }
    return { saes, broken };
  }

  /**
   * Writes an SAE into the library; when this fails or is cancelled, nothing is left.
   *
   * @param block short name of its stage, for the id
   * @throws `invalidInput` when the storage cannot be written, the signal's reason
   */
  async add(
    sae: SaeDefinition,
    options: {
      readonly block: string;
      readonly storage: SaeStorage;
      readonly unetSha256: string;
      readonly signal: AbortSignal;
    },
  ): Promise<ImportedSae> {
    const importedAt = new Date().toISOString();
    const tail = randomBytes(3).toString('hex');
    const saeId = `${options.block}-${importedAt.replace(/\D/g, '')}-${tail}`;
    const incoming = join(this.dir, 'incoming', saeId);
    try {
      await this.#dropStale('incoming');
      await writeSae(incoming, sae, options.storage);
      const record = { version: 1, importedAt, unetSha256: options.unetSha256 };
      await writeWhole(join(incoming, recordName), `${JSON.stringify(record)}\n`);
      options.signal.throwIfAborted();
      await mkdir(join(this.dir, 'installed'), { recursive: true });
      await rename(incoming, this.#installed(saeId));
    } catch (error) {
      await rm(incoming, { recursive: true, force: true });
      if (options.signal.aborted || error instanceof FeaturescopeError) throw error;
      throw cannot(error, 'Cannot keep the SAE in', this.dir);
    }
    return this.#read(saeId);
  }

  /** @throws `invalidInput` when it is not there, or another program holds its files */
  async remove(saeId: string): Promise<void> {
    await this.#move(saeId, 'installed', 'removed');
  }

  /** @throws `invalidInput` when it was removed for good */
  async restore(saeId: string): Promise<void> {
    await this.#move(saeId, 'removed', 'installed');
  }

  /** Which SAE somebody chose for a stage; null after "no longer", undefined when nobody ever did. */
  async chosen(stagePath: string): Promise<string | undefined> {
    const path = this.#choice(stagePath);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    return parseModelJson(text, path, choiceSchema).saeId ?? undefined;
  }

  async choose(stagePath: string, saeId: string | null): Promise<void> {
    const path = this.#choice(stagePath);
    try {
      await mkdir(join(this.dir, 'chosen'), { recursive: true });
      await writeWhole(path, `${JSON.stringify({ version: 1, saeId })}\n`);
    } catch (error) {
      throw cannot(error, 'Cannot keep the choice in', path);
    }
  }

  /** The last acceptance report of an SAE as it was written, unchecked. */
  async readReport(saeId: string): Promise<unknown> {
    const text = await readFile(this.#report(saeId), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async writeReport(saeId: string, report: unknown): Promise<void> {
    const path = this.#report(saeId);
    try {
      await mkdir(join(this.dir, 'reports'), { recursive: true });
      await writeWhole(path, `${JSON.stringify(report)}\n`);
    } catch (error) {
      throw cannot(error, 'Cannot keep the report in', path);
    }
  }

  async #read(saeId: string): Promise<ImportedSae> {
    const folder = this.#installed(saeId);
    const manifest = await readSaeManifest(folder);
    const path = join(folder, recordName);
    const text = await readFile(path, 'utf8').catch(() => '');
    const { importedAt, unetSha256 } = parseModelJson(text, recordName, recordSchema);
    if (manifest.blockPath === undefined) throw invalidInput('It names no block.');
    const stagePath = manifest.blockPath.replace(/^unet\./, '');
    return { saeId, stagePath, folder, manifest, importedAt, unetSha256 };
  }

  async #move(saeId: string, from: string, to: string): Promise<void> {
    const source = join(this.dir, from, checkId(saeId));
    if (!(await stat(source).catch(() => undefined))) {
      throw invalidInput(`There is no imported SAE "${saeId}" that could be ${pastOf[to] ?? to}.`);
    }
    try {
      await mkdir(join(this.dir, to), { recursive: true });
      await rename(source, join(this.dir, to, saeId));
    } catch (error) {
      throw cannot(error, 'Another window may be using the SAE. Cannot move', source);
    }
  }

  async #dropStale(kind: string): Promise<void> {
    for (const name of await folderNames(join(this.dir, kind))) {
      const path = join(this.dir, kind, name);
      const info = await stat(path).catch(() => undefined);
      if (info && Date.now() - info.mtimeMs > staleMs) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }

  readonly #installed = (saeId: string): string => join(this.dir, 'installed', checkId(saeId));
  readonly #report = (saeId: string): string => join(this.dir, 'reports', `${checkId(saeId)}.json`);
  readonly #choice = (stage: string): string => join(this.dir, 'chosen', `${checkId(stage)}.json`);
}

const pastOf: Readonly<Record<string, string>> = { removed: 'removed', installed: 'restored' };

/** Removes for good what was removed from the libraries of all models. */
export async function dropRemovedSaes(storageDir: string): Promise<void> {
  for (const model of await folderNames(join(storageDir, 'saes'))) {
    await rm(join(storageDir, 'saes', model, 'removed'), { recursive: true, force: true });
  }
}

const folderNames = async (dir: string): Promise<readonly string[]> =>
  (await readdir(dir, { withFileTypes: true }).catch(() => []))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

/** Ids come from panels and the command line: one that is not of our shape never becomes a path. */
function checkId(id: string): string {
  if (!/^[A-Za-z0-9][\w.%-]{0,200}$/.test(id)) throw invalidInput(`"${id}" is not an SAE's id.`);
  return id;
}

/** A model's id as the name of a folder on every system; it comes from a file that others wrote. */
const folderName = (modelId: string): string =>
  encodeURIComponent(modelId)
    .slice(0, 150)
    .replace(/^\.|\.$|\*/g, (sign) => (sign === '.' ? '%2E' : '%2A'));

function cannot(error: unknown, what: string, path: string): FeaturescopeError {
  const cause = error instanceof Error ? error.message : String(error);
  return new FeaturescopeError('invalidInput', `${what} "${path}": ${cause}`, { cause: error });
}
