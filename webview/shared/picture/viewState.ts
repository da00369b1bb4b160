import { fitted, type ViewPosition } from './geometry.ts';

/** Zoom and pan of one picture, or of several that move together: give them the same one. */
export class ViewState {
  #position = fitted;
  readonly #listeners = new Set<() => void>();

  get position(): ViewPosition {
    return this.#position;
  }

  set(position: ViewPosition): void {
    if (position === this.#position) return;
    this.#position = position;
    for (const listener of this.#listeners) listener();
  }

  /** @returns what ends the listening */
  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
