import 'vscode-jsonrpc/browser';
import { AbstractMessageReader, AbstractMessageWriter, type Message } from 'vscode-jsonrpc';
import { connect, type Connection } from '../../src/protocol/connection.ts';
import type { Dispatcher } from '../../src/protocol/dispatcher.ts';

declare global {
  interface Window {
    acquireVsCodeApi(): unknown;
  }
}

const stateKey = 'vscodeState';
let hear: ((message: Message) => void) | undefined;

/** What VS Code puts into a panel's page: messages are copied and come later, state outlives the page. */
let isAcquired = false;
window.acquireVsCodeApi = () => {
  if (isAcquired) throw new Error('An instance of the VS Code API has already been acquired');
  isAcquired = true;
  return {
    postMessage: (message: Message) => {
      const copy = structuredClone(message);
      setTimeout(() => hear?.(copy));
    },
    getState: () => JSON.parse(sessionStorage.getItem(stateKey) ?? 'null') as unknown,
    setState: (state: unknown) => {
      sessionStorage.setItem(stateKey, JSON.stringify(state));
    },
  };
};

class FakeReader extends AbstractMessageReader {
  listen(callback: (message: Message) => void) {
    hear = callback;
    return { dispose: () => (hear = undefined) };
  }
}
class FakeWriter extends AbstractMessageWriter {
  async write(message: Message): Promise<void> {
    window.postMessage(message, '*');
  }
  end(): void {}
}

/** The extension's end of the conversation with the page that this runs in. */
export const serveFakeHost = (dispatcher: Dispatcher): Connection =>
  connect(new FakeReader(), new FakeWriter(), { dispatcher });
