import { createHash } from 'node:crypto';
import type { BoardCell } from '../../protocol/boardPanel.ts';
import type { Picture } from '../../protocol/engine.ts';
import type { BoardPicture } from '../../protocol/interventions.ts';
import type { RunManifest } from '../../protocol/manifest.ts';
import type { EditRecipe, PictureBase } from '../../protocol/recipe.ts';

/** Pixels that a board keeps in memory beside those that it shows: what undo brings back at once. */
const memoryMaxBytes = 256 * 2 ** 20;

export interface KnownPicture {
  readonly cell: BoardCell;
  readonly manifest: RunManifest;
  readonly picture: Picture;
}

/** Pictures that were made, by what decides them: the same edit of the same picture is not made twice. */
export class BoardResults {
  readonly #byKey = new Map<string, KnownPicture>();
  readonly #byId = new Map<string, KnownPicture>();
  #nextId = 1;
  /** Of the model's files as the engine has them now; pictures of other files are not compared with its own. */
  #model: string | undefined;

  /** @param recipe null: unedited. Names of recipes do not count. */
  static key(model: string, base: PictureBase, recipe: EditRecipe | null): string {
    return `${model}\n${JSON.stringify(base)}\n${recipe ? hashOf(recipe) : ''}`;
  }

  get(key: string): KnownPicture | undefined {
    const known = this.#byKey.get(key);
    if (known) {
      this.#byKey.delete(key);
      this.#byKey.set(key, known);
    }
    return known;
  }

  /** A picture of a board or preview; one that was kept stays so. */
  put(key: string, made: BoardPicture): BoardCell {
    this.#follow(made.manifest);
    const before = this.#byKey.get(key);
    const runId = made.runId ?? before?.cell.runId ?? null;
    return this.#add(key, this.#cellOf(made, runId), made.manifest, made.picture);
  }

  /** What the run store has; dropped when the model's files have changed since. */
  putKept(
    key: string,
    kept: Pick<BoardCell, 'figures' | 'amounts'> & { readonly runId: string },
    manifest: RunManifest,
    picture: Picture,
  ): void {
    if (this.#model !== undefined && filesOf(manifest) !== this.#model) return;
    this.#add(key, { ...kept, pictureId: this.#id(), reuse: null }, manifest, picture);
  }

  /** A picture of an experiment's results: it lies beside its file, not in the run store. */
  putResult(
    key: string,
    result: Pick<BoardCell, 'figures' | 'amounts'>,
    manifest: RunManifest,
    picture: Picture,
  ): void {
    this.#follow(manifest);
    const { figures, amounts } = result;
    const cell = { figures, amounts, pictureId: this.#id(), reuse: null, runId: null };
    this.#add(key, cell, manifest, picture);
  }

  /** A picture that belongs to no cell: a control, an icon. */
  putAlone(made: BoardPicture): BoardCell {
    this.#follow(made.manifest);
    const cell = this.#cellOf(made, made.runId ?? null);
    return this.#add(cell.pictureId, cell, made.manifest, made.picture);
  }

  find(pictureId: string): KnownPicture | undefined {
    return this.#byId.get(pictureId);
  }

  /** Lets go of what was used longest ago, but for what is shown. */
  trim(shownIds: ReadonlySet<string>): void {
    let sizeBytes = 0;
    for (const { picture } of this.#byKey.values()) sizeBytes += picture.rgb.byteLength;
    for (const [key, { cell, picture }] of this.#byKey) {
      if (sizeBytes <= memoryMaxBytes) return;
      if (shownIds.has(cell.pictureId)) continue;
      sizeBytes -= picture.rgb.byteLength;
      this.#byKey.delete(key);
      this.#byId.delete(cell.pictureId);
    }
  }

  #follow(manifest: RunManifest): void {
    const files = filesOf(manifest);
    if (files === this.#model) return;
    this.#model = files;
    for (const [key, known] of this.#byKey) {
      if (filesOf(known.manifest) === files) continue;
      this.#byKey.delete(key);
      this.#byId.delete(known.cell.pictureId);
    }
  }

  #cellOf(made: BoardPicture, runId: string | null): BoardCell {
    const { figures, amounts, reuse } = made;
    return { pictureId: this.#id(), figures, amounts, reuse, runId };
  }

  #add(key: string, cell: BoardCell, manifest: RunManifest, picture: Picture): BoardCell {
    const before = this.#byKey.get(key);
    // An id names pixels: the same ones need not travel again.
    const isSame = before && Buffer.compare(before.picture.rgb, picture.rgb) === 0;
    const next = isSame ? { ...cell, pictureId: before.cell.pictureId } : cell;
    if (before) this.#byId.delete(before.cell.pictureId);
    const known = { cell: next, manifest, picture };
    this.#byKey.delete(key);
    this.#byKey.set(key, known);
    this.#byId.set(next.pictureId, known);
    return next;
  }

  #id(): string {
    return `p${String(this.#nextId++)}`;
  }
}

const filesOf = ({ model }: RunManifest): string =>
  JSON.stringify(Object.entries(model.hashes).sort(([one], [other]) => (one < other ? -1 : 1)));

const hashes = new WeakMap<EditRecipe, string>();

/** What a recipe does; recipes are never changed, so each is read once. */
export function hashOf(recipe: EditRecipe): string {
  const known = hashes.get(recipe);
  if (known !== undefined) return known;
  const text = JSON.stringify([recipe.edits, recipe.saes ?? null]);
  const hash = createHash('sha256').update(text).digest('base64');
  hashes.set(recipe, hash);
  return hash;
}
