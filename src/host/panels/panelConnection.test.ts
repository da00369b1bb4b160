import assert from 'node:assert/strict';
import 'vscode-jsonrpc/node';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { defineNotification, defineRequest } from '../../protocol/request.ts';
import { connectPanel, type MessagePort } from './panelConnection.ts';

const double = defineRequest<number, number>('test/double');
const told = defineNotification<string>('test/told');

/** Two ports whose messages cross as VS Code's do: copied, later, or not at all. */
function makePorts() {
  const listeners: [((message: unknown) => void)[], ((message: unknown) => void)[]] = [[], []];
  const state = { isThere: true };
  const port = (to: 0 | 1, from: 0 | 1): MessagePort => ({
    post: async (message) => {
      if (!state.isThere) return false;
      const copy = structuredClone(message);
      setImmediate(() => {
        for (const listener of listeners[to]) listener(copy);
      });
      return true;
    },
    onMessage: (listener) => {
      listeners[from].push(listener);
      return { dispose: () => listeners[from].splice(listeners[from].indexOf(listener), 1) };
    },
  });
  return { host: port(1, 0), panel: port(0, 1), state, listeners };
}

describe('connectPanel', () => {
  it('carries requests and notifications', async () => {
    const ports = makePorts();
    const dispatcher = new Dispatcher();
    dispatcher.handle(double, (value) => value * 2);
    const host = connectPanel(ports.host, dispatcher);
    const panel = connectPanel(ports.panel, new Dispatcher());
    const heard = new Promise((resolve) => {
      panel.onNotification(told, resolve);
    });
    host.notify(told, 'hello');
    assert.equal(await heard, 'hello');
    assert.equal(await panel.request(double, 21), 42);
    host.dispose();
    assert.equal(ports.listeners[0].length, 0);
    panel.dispose();
  });

  it('fails a request that the other side could not be told of', async () => {
    const ports = makePorts();
    const panel = connectPanel(ports.panel, new Dispatcher());
    ports.state.isThere = false;
    await assert.rejects(panel.request(double, 1), FeaturescopeError);
    panel.dispose();
  });

  it('ends what is pending when it is closed', async () => {
    const ports = makePorts();
    const panel = connectPanel(ports.panel, new Dispatcher());
    const pending = panel.request(double, 1);
    panel.dispose('The panel was closed.');
    await assert.rejects(pending, /panel was closed/);
  });
});
