import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import * as z from 'zod';
import { FeaturescopeError, invalidInput, modelError } from '../../protocol/errors.ts';
import type { ModelEntry } from '../../protocol/models.ts';
import { inspectModel } from './inspect/inspectModel.ts';
import { readModelFolder } from './modelFolder.ts';
import { writeWhole } from '../files/writeWhole.ts';

const entrySchema = z.object({
  dir: z.string().min(1),
  title: z.string(),
  licence: z.string(),
  /** Id of the terms that were accepted. */
  acceptedLicence: z.string(),
  addedAt: z.string(),
});
type Entry = z.infer<typeof entrySchema>;

/**
 * The models that a person added: one file each in `<storage>/models/list`, so that windows share it without a lock.
 * Models that were downloaded lie in `<storage>/models/files`.
 */
export class ModelList {
  readonly #dir: string;
  readonly #filesDir: string;
  readonly #embeddedDir: string;

  constructor(storageDir: string, embeddedDir: string) {
    this.#dir = join(storageDir, 'models', 'list');
    this.#filesDir = join(storageDir, 'models', 'files');
    this.#embeddedDir = embeddedDir;
  }

  /** The embedded model first, then by title. */
  async list(): Promise<readonly ModelEntry[]> {
    const entries = await this.#read();
    const added = await Promise.all(entries.map((entry) => this.#describe(entry)));
    const embedded = await this.#describe({ dir: this.#embeddedDir, title: '', licence: 'MIT' });
    return [embedded, ...added.sort((a, b) => a.title.localeCompare(b.title, 'en'))];
  }

  /** Folders that were downloaded as a whole and are not on the list. */
  async downloaded(): Promise<readonly string[]> {
    const names = await readdir(this.#filesDir).catch(() => []);
    const added = new Set((await this.#read()).map(({ dir }) => dir));
    return names
      .filter((name) => !name.endsWith('.partial'))
      .map((name) => join(this.#filesDir, name))
      .filter((dir) => !added.has(dir));
  }

  /**
   * @throws `model` with all that is wrong with the folder; `invalidInput` when its terms are not those accepted
   */
  async add(modelDir: string, acceptedLicence: string): Promise<ModelEntry> {
    const dir = resolve(modelDir);
    const { description, findings, licence } = await inspectModel(dir);
    if (!description) {
      const errors = findings.filter(({ level }) => level === 'error').map(({ text }) => text);
      throw modelError(errors.join('\n'));
    }
    if (licence.id !== acceptedLicence) {
      throw invalidInput(
        `The licence of ${dir} ("${licence.name}") was not accepted: accept "${licence.id}", not "${acceptedLicence}".`,
      );
    }
    const { title } = description;
    const entry = { dir, title, licence: licence.name, acceptedLicence, addedAt: now() };
    await mkdir(this.#dir, { recursive: true });
    await writeWhole(this.#pathOf(dir), `${JSON.stringify(entry, undefined, 2)}\n`);
    return this.#describe(entry);
  }

  /** @throws `invalidInput` for the embedded model, and for one that is not on the list */
  async remove(modelDir: string): Promise<void> {
    const dir = resolve(modelDir);
    if (dir === this.#embeddedDir) throw invalidInput('The embedded model cannot be removed.');
    if (!(await this.#read()).some((entry) => entry.dir === dir)) {
      throw invalidInput(`${dir} is not on the list of models.`);
    }
    await rm(this.#pathOf(dir), { force: true });
    if (this.#isDownloaded(dir)) await rm(dir, { recursive: true, force: true });
  }

  #pathOf(dir: string): string {
    const key = createHash('sha256').update(dir).digest('hex').slice(0, 16);
    return join(this.#dir, `${key}.json`);
  }

  #isDownloaded(dir: string): boolean {
    const inside = relative(this.#filesDir, dir);
    return inside !== '' && !inside.startsWith('..') && !isAbsolute(inside);
  }

  /** Entries that can be read; a file that was damaged is none. */
  async #read(): Promise<readonly Entry[]> {
    const names = await readdir(this.#dir).catch(() => []);
    const entries = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .map(async (name) => {
          const text = await readFile(join(this.#dir, name), 'utf8').catch(() => '');
          try {
            return entrySchema.parse(JSON.parse(text));
          } catch {
            return undefined;
          }
        }),
    );
    return entries.filter((entry) => entry !== undefined);
  }

  async #describe({ dir, title, licence }: Pick<Entry, 'dir' | 'title' | 'licence'>): Promise<ModelEntry> {
    const isEmbedded = dir === this.#embeddedDir;
    const common = { dir, isEmbedded, isDownloaded: this.#isDownloaded(dir), licence };
    try {
      const { description } = await readModelFolder(dir);
      return { ...common, title: description.title, sizeBytes: description.sizeBytes };
    } catch (error) {
      const problem = FeaturescopeError.from(error).message;
      return { ...common, title, sizeBytes: 0, problem };
    }
  }
}

const now = (): string => new Date().toISOString();
