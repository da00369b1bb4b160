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

  get picture(): KeptPicture | null {
    return this.#picture;
  }

  show(picture: KeptPicture | null): void {
    if (picture?.runId === this.#picture?.runId) return;
    this.#picture = picture;
    for (const listener of this.#listeners) listener();
  }

  onDidChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
