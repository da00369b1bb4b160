export interface Disposable {
  dispose(): unknown;
}

/** Owns what it is given and disposes it in reverse order, once. What comes after the end is disposed at once. */
export class Disposables implements Disposable {
  readonly #owned: Disposable[] = [];
  #isDisposed = false;

  add<T extends Disposable>(owned: T): T {
    if (this.#isDisposed) owned.dispose();
    else this.#owned.push(owned);
    return owned;
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const owned of this.#owned.splice(0).reverse()) owned.dispose();
  }
}
