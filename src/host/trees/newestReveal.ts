export interface RevealPorts {
  /** False while the view is not seen or does not list the row: the wish then waits. */
  readonly canReveal: (id: string) => boolean;
  readonly isSelected: (id: string) => boolean;
  /** Rejects, or selects nothing, when the tree changes under it. */
  readonly reveal: (id: string) => PromiseLike<void>;
  /** Calls `act` a little later; returns what keeps it from being called. */
  readonly later: (act: () => void) => () => void;
}

const maxTriesInARow = 5;

/**
 * The row that was wished for last is selected, once. VS Code's `reveal` fails without a trace of it on the screen when
 * the tree is read again meanwhile: a try that left the row unselected is followed by another, a little later and after
 * each refresh. One try at a time, so that an older wish never lands after a newer one.
 */
export class NewestReveal {
  readonly #ports: RevealPorts;
  #wanted: string | undefined;
  #isTrying = false;
  #triesLeft = maxTriesInARow;
  #cancelLater: () => void = () => undefined;

  constructor(ports: RevealPorts) {
    this.#ports = ports;
  }

  want(id: string | undefined): void {
    this.#wanted = id;
    this.again();
  }

  /** The tree was refreshed or has become visible. */
  again(): void {
    this.#triesLeft = maxTriesInARow;
    this.#next();
  }

  dispose(): void {
    this.#wanted = undefined;
    this.#cancelLater();
  }

  #next(): void {
    this.#cancelLater();
    const id = this.#wanted;
    if (id === undefined || this.#isTrying || !this.#ports.canReveal(id)) return;
    // A selection of several that holds it already is the person's own.
    if (this.#ports.isSelected(id)) this.#wanted = undefined;
    else if (this.#triesLeft > 0) void this.#try(id);
  }

  async #try(id: string): Promise<void> {
    this.#isTrying = true;
    this.#triesLeft--;
    try {
      await this.#ports.reveal(id);
    } catch {
      // Refused: what is selected says so too.
    }
    this.#isTrying = false;
    if (this.#wanted !== id || this.#ports.isSelected(id)) this.#next();
    else
      this.#cancelLater = this.#ports.later(() => {
        this.#next();
      });
  }
}
