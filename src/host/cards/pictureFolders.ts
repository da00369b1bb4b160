import { isAbsolute, join, relative, resolve } from 'node:path';

/** Where thumbnails of indexes lie, in the model's folder and in the storage, and contact sheets. Nothing else is shown from files. */
export class PictureFolders {
  readonly #modelDir: () => string;
  readonly #storageDir: () => string;

  constructor(modelDir: () => string, storageDir: () => string) {
    this.#modelDir = modelDir;
    this.#storageDir = storageDir;
  }

  get paths(): readonly string[] {
    const storageDir = this.#storageDir();
    return [
      join(this.#modelDir(), 'index'),
      join(storageDir, 'indexes'),
      join(storageDir, 'contact-sheets'),
    ];
  }

  /** A database that came with a model may name any file: only those inside the folders are looked at. */
  has(path: string): boolean {
    if (!isAbsolute(path)) return false;
    return this.paths.some((folder) => {
      const inside = relative(folder, resolve(path));
      return inside !== '' && !inside.startsWith('..') && !isAbsolute(inside);
    });
  }
}
