import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { modelError } from '../../../protocol/errors.ts';
import { findBlockPath } from './blockPath.ts';
import type { SourceFile } from './saeDefinition.ts';

const maxConfigBytes = 2 ** 20;
const maxListedFiles = 1000;

/** A folder with somebody's SAE: names of its files, its configuration, its hashes. */
export class SourceFolder {
  readonly path: string;
  readonly fileNames: ReadonlySet<string>;

  private constructor(path: string, fileNames: readonly string[]) {
    this.path = path;
    this.fileNames = new Set(fileNames);
  }

  /**
   * Takes the folder itself, a file in it, or the folder above sdxl-unbox's `final`.
   *
   * @throws `model` when there is no such folder
   */
  static async open(path: string): Promise<SourceFolder> {
    const absolute = resolve(path);
    const info = await stat(absolute).catch(() => undefined);
    if (info === undefined) throw modelError(`There is no folder "${basename(absolute)}".`);
    const folder = info.isDirectory() ? absolute : resolve(absolute, '..');
    const entries = await readdir(folder, { withFileTypes: true });
    if (entries.length > maxListedFiles) {
      throw modelError(`"${basename(folder)}" has ${String(entries.length)} files: name one SAE's own folder.`);
    }
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    if (names.length === 0 && entries.some((entry) => entry.isDirectory() && entry.name === 'final')) {
      return SourceFolder.open(join(folder, 'final'));
    }
    return new SourceFolder(folder, names.sort());
  }

  file(name: string): string {
    return join(this.path, name);
  }

  has(...names: readonly string[]): boolean {
    return names.every((name) => this.fileNames.has(name));
  }

  /** The stage that the folder's name, or the name of one of the two above, gives. */
  blockPath(): string | undefined {
    const names = this.path.split(sep).slice(-3).reverse();
    return names.map(findBlockPath).find((found) => found !== undefined);
  }

  /** Throws `model` unless the file is a JSON object of at most 1 MiB. */
  async readConfig(name: string): Promise<Record<string, unknown>> {
    const { size } = await stat(this.file(name));
    if (size > maxConfigBytes) throw modelError(`${name} has ${String(size)} bytes, at most 1 MiB is read.`);
    let config: unknown;
    try {
      config = JSON.parse(await readFile(this.file(name), 'utf8'));
    } catch {
      throw modelError(`${name} is not JSON.`);
    }
    if (typeof config !== 'object' || config === null || Array.isArray(config)) {
      throw modelError(`${name} is not a JSON object.`);
    }
    return config as Record<string, unknown>;
  }

  async hash(names: readonly string[]): Promise<SourceFile[]> {
    return Promise.all(
      names.map(async (name) => ({ name, ...(await hashFile(this.file(name))) })),
    );
  }
}

/** SHA-256 (hex) and size of a file, streamed. */
export async function hashFile(path: string): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}
