import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';

const goldenDir = join(import.meta.dirname, '..', 'golden', 'optimum');

/** Model folders as Optimum writes them, unpacked for one test file; `remove` when it is done. */
export class OptimumFolders {
  readonly #root = mkdtempSync(join(tmpdir(), 'optimum-'));

  /** @param name `kl-fp16-dynamo`: see `make_optimum.py` @param as another name, for a copy that is changed */
  unpack(name: string, as = name): string {
    const dir = join(this.#root, as);
    for (const [path, bytes] of Object.entries(
      unzipSync(readFileSync(join(goldenDir, `${name}.zip`))),
    )) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), bytes);
    }
    return dir;
  }

  remove(): void {
    rmSync(this.#root, { recursive: true });
  }
}
