import 'vscode-jsonrpc/browser';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
} from 'vscode-jsonrpc';
import { connect, type Connection } from '../../src/protocol/connection.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

class PanelReader extends AbstractMessageReader {
  listen(callback: DataCallback): Disposable {
    const onMessage = ({ data }: MessageEvent<Partial<Message> | null>): void => {
      if (data?.jsonrpc) callback(data as Message);
    };
    window.addEventListener('message', onMessage);
    return {
      dispose: () => {
        window.removeEventListener('message', onMessage);
      },
    };
  }
}

class PanelWriter extends AbstractMessageWriter {
  readonly #api: VsCodeApi;

  constructor(api: VsCodeApi) {
    super();
    this.#api = api;
  }

  write(message: Message): Promise<void> {
    this.#api.postMessage(message);
    return Promise.resolve();
  }

  end(): void {
    this.dispose();
  }
}

/** A panel's end of the conversation with the extension, and what VS Code keeps for it over hiding and reloads. */
export interface HostPort {
  readonly host: Connection;
  /** What was kept last; of unknown age and shape. */
  readonly savedState: unknown;
  save(state: unknown): void;
}

/** Once in a panel: VS Code gives its door away only once. */
export function openHostPort(): HostPort {
  const api = acquireVsCodeApi();
  return {
    host: connect(new PanelReader(), new PanelWriter(api)),
    savedState: api.getState(),
    save: (state) => {
      api.setState(state);
    },
  };
}
