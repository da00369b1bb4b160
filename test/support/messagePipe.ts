import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Message,
} from 'vscode-jsonrpc/node';

class Reader extends AbstractMessageReader {
  deliver: DataCallback = () => undefined;

  listen(callback: DataCallback): { dispose(): void } {
    this.deliver = callback;
    return { dispose: () => (this.deliver = () => undefined) };
  }
}

class Writer extends AbstractMessageWriter {
  readonly #to: Reader;

  constructor(to: Reader) {
    super();
    this.#to = to;
  }

  write(message: Message): Promise<void> {
    const copy = structuredClone(message);
    setImmediate(() => {
      this.#to.deliver(copy);
    });
    return Promise.resolve();
  }

  end(): void {
    // Nothing to flush.
  }
}

/** Two ends that copy messages to each other, as a process boundary does. */
export function messagePipe() {
  const left = new Reader();
  const right = new Reader();
  return [
    { reader: left, writer: new Writer(right) },
    { reader: right, writer: new Writer(left) },
  ] as const;
}
