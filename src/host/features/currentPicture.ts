import type { RunManifest } from '../../protocol/manifest.ts';

/** A kept run whose features trees and panels show. */
export interface KeptPicture {
  readonly runId: string;
  readonly manifest: RunManifest;
}

/** The picture that was made or chosen last; result panel, tree and feature view are about the same one. */
export class CurrentPicture {
  readonly #listeners = new Set<() => void>();
  #picture: KeptPicture | null = null;
  #forgotten: KeptPicture | null = null;
  #stepIndex = 0;

  get picture(): KeptPicture | null {
    return this.#picture;
  }

  /** The denoising step that is looked at, counted from 0; a picture with fewer steps shows its last one. */
  get stepIndex(): number {
    return this.#stepIndex;
  }

  show(picture: KeptPicture | null): void {
    if (picture?.runId === this.#picture?.runId) return;
    this.#picture = picture;
    this.#tell();
  }

  showStep(stepIndex: number): void {
    if (stepIndex === this.#stepIndex) return;
    this.#stepIndex = stepIndex;
    this.#tell();
  }

  /** The runs are gone: nothing is current any more if it was one of them. */
  forget(runIds: readonly string[]): void {
    if (!this.#picture || !runIds.includes(this.#picture.runId)) return;
    this.#forgotten = this.#picture;
    this.show(null);
  }

  /** The runs are back: so is the picture, unless another one took its place. */
  recall(runIds: readonly string[]): void {
    const forgotten = this.#forgotten;
    if (!this.#picture && forgotten && runIds.includes(forgotten.runId)) this.show(forgotten);
  }

  onDidChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
