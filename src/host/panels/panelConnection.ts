import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Message,
} from 'vscode-jsonrpc';
import { connect, type Connection } from '../../protocol/connection.ts';
import type { Dispatcher } from '../../protocol/dispatcher.ts';
import type { Disposable } from '../disposables.ts';

/** What a webview offers for messages. */
export interface MessagePort {
  /** Resolves false when the panel could not take it (hidden or closed). */
  readonly post: (message: unknown) => PromiseLike<boolean>;
  readonly onMessage: (listener: (message: unknown) => void) => Disposable;
}

/** The conversation with one life of a panel's page. */
export function connectPanel(port: MessagePort, dispatcher: Dispatcher): Connection {
  return connect(new PanelReader(port), new PanelWriter(port), { dispatcher });
}

class PanelReader extends AbstractMessageReader {
  readonly #port: MessagePort;
  #listener: Disposable | undefined;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
  }

  listen(callback: DataCallback): this {
    this.#listener = this.#port.onMessage((message) => {
      callback(message as Message);
    });
    return this;
  }

  /** The connection disposes its reader, not what `listen` returned. */
  override dispose(): void {
    super.dispose();
    this.#listener?.dispose();
  }
}

class PanelWriter extends AbstractMessageWriter {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
  }

  async write(message: Message): Promise<void> {
    if (!(await this.#port.post(message))) throw new Error('The panel is not there to be told.');
  }

  end(): void {
    // Messages are whole; there is nothing to flush.
  }
}
