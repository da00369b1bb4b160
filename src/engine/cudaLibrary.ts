import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cudaPackage } from '../protocol/cuda.ts';
import { checkSpace } from './models/download/fetching.ts';
import { findNugetPackage, type NugetPackage } from './models/download/nugetPackage.ts';
import { type TransferContext, transferFile } from './models/download/transferFile.ts';
import { unpackEntry } from './models/unpackEntry.ts';

/** TensorRT's is left out: it is not asked for. */
const libraryNames = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
] as const;
const runtimeName = 'libonnxruntime.so.1';
const platform = 'linux-x64';
const libraryBytesMax = 2 * 2 ** 30;
/** Of a library of 300 MB, packed; unpacked it is larger. */
const unpackedFactor = 3;

/** What was fetched, and is there for the runner. */
export class CudaLibrary {
  readonly #root: string;
  readonly #extensionDir: string;

  /** @param extensionDir has ONNX Runtime's package in its `node_modules` */
  constructor(storageDir: string, extensionDir: string) {
    this.#root = join(storageDir, 'cuda');
    this.#extensionDir = extensionDir;
  }

  /** The version that fits: ONNX Runtime loads no other. */
  get version(): string {
    const text = readFileSync(join(this.#packageDir, 'package.json'), 'utf8');
    return (JSON.parse(text) as { readonly version: string }).version;
  }

  get isInstalled(): boolean {
    return libraryNames.every((name) => existsSync(join(this.#dir, name)));
  }

  /**
   * Variables that a runner needs to find the library. ONNX Runtime looks for its providers in the folder from which it
   * was itself loaded, as the loader names it: the folder has a link to the package's own, and the loader looks there
   * first. So nothing is written into the extension, and an update of it takes nothing away.
   *
   * @source measured with onnxruntime-node 1.30.0: the binding has a RUNPATH, which `LD_LIBRARY_PATH` goes before
   */
  get environment(): Readonly<Record<string, string>> {
    if (!this.isInstalled) return {};
    const before = process.env['LD_LIBRARY_PATH'];
    return { LD_LIBRARY_PATH: before ? `${this.#dir}:${before}` : this.#dir };
  }

  /** @throws as `findNugetPackage` */
  find(indexUrl: string, signal: AbortSignal): Promise<NugetPackage> {
    return findNugetPackage(indexUrl, cudaPackage, this.version, signal);
  }

  /** Fetches and unpacks it; started anew it goes on where it was. @throws `model` naming what is wrong */
  async install({ source, file }: NugetPackage, context: TransferContext): Promise<string> {
    const partial = `${this.#dir}.partial`;
    await mkdir(partial, { recursive: true });
    await checkSpace(partial, file.sizeBytes * (1 + unpackedFactor), "CUDA's library");
    await transferFile(partial, source, file, context);
    const archive = join(partial, file.path);
    for (const name of libraryNames) {
      const entry = `runtimes/${platform}/native/${name}`;
      await unpackEntry(archive, entry, join(partial, name), libraryBytesMax, context.signal);
    }
    await rm(archive);
    await rm(join(partial, runtimeName), { force: true });
    await symlink(this.#runtimePath, join(partial, runtimeName));
    await rm(this.#dir, { recursive: true, force: true });
    await rename(partial, this.#dir);
    return this.#dir;
  }

  /** After an update of the extension its ONNX Runtime lies elsewhere. */
  async relink(): Promise<void> {
    if (!this.isInstalled) return;
    const link = join(this.#dir, `${runtimeName}.${String(process.pid)}`);
    await symlink(this.#runtimePath, link);
    await rename(link, join(this.#dir, runtimeName));
  }

  get #packageDir(): string {
    return join(this.#extensionDir, 'node_modules', 'onnxruntime-node');
  }

  get #runtimePath(): string {
    return join(this.#packageDir, 'bin', 'napi-v6', 'linux', 'x64', runtimeName);
  }

  get #dir(): string {
    return join(this.#root, this.version);
  }
}
