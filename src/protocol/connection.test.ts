import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { type Connection, connect } from './connection.ts';
import { Dispatcher } from './dispatcher.ts';
import { FeaturescopeError, invalidInput } from './errors.ts';
import { defineNotification, defineRequest } from './request.ts';

const double = defineRequest<{ value: number }, number, { at: number }>('test/double');
const wait = defineRequest<null, string>('test/wait');
const refuse = defineRequest<null, null>('test/refuse');
const missing = defineRequest<null, null>('test/missing');
const told = defineNotification<string>('test/told');

describe('connection', () => {
  let caller: Connection;
  let server: Connection;
  let stopped: Promise<string>;

  beforeEach(() => {
    const there = new PassThrough();
    const back = new PassThrough();
    const dispatcher = new Dispatcher();
    dispatcher.handle(double, ({ value }, { progress }) => {
      progress({ at: 1 });
      progress({ at: 2 });
      return value * 2;
    });
    dispatcher.handle(refuse, () => {
      throw invalidInput('Steps must be 1 to 4, not 5.');
    });
    stopped = new Promise((resolve) => {
      dispatcher.handle(wait, async (_, { signal }) => {
        await new Promise((wake) => {
          signal.addEventListener('abort', wake);
        });
        resolve('stopped');
        signal.throwIfAborted();
        return 'never';
      });
    });
    server = connect(new StreamMessageReader(there), new StreamMessageWriter(back), { dispatcher });
    caller = connect(new StreamMessageReader(back), new StreamMessageWriter(there));
  });

  afterEach(() => {
    caller.dispose();
    server.dispose();
  });

  it('carries params, progress and result', async () => {
    const seen: number[] = [];
    const result = await caller.request(
      double,
      { value: 21 },
      { onProgress: ({ at }) => seen.push(at) },
    );
    assert.equal(result, 42);
    assert.deepEqual(seen, [1, 2]);
  });

  it('carries code and message of a failure', async () => {
    await assert.rejects(caller.request(refuse, null), (error: FeaturescopeError) => {
      assert.ok(error instanceof FeaturescopeError);
      assert.equal(error.code, 'invalidInput');
      assert.equal(error.message, 'Steps must be 1 to 4, not 5.');
      return true;
    });
  });

  it('names a request that nobody handles', async () => {
    await assert.rejects(caller.request(missing, null), {
      code: 'protocol',
      message: 'No handler for test/missing',
    });
  });

  it('cancels across the wire, and has stopped when it says so', async () => {
    const controller = new AbortController();
    const answer = caller.request(wait, null, { signal: controller.signal });
    setTimeout(() => {
      controller.abort();
    }, 5);
    await assert.rejects(answer, { code: 'cancelled' });
    assert.equal(await stopped, 'stopped');
  });

  it('rejects what is pending and aborts what runs when it is disposed', async () => {
    const answer = caller.request(wait, null);
    setTimeout(() => {
      server.dispose();
      caller.dispose('The engine ended.');
    }, 5);
    await assert.rejects(answer, { code: 'closed', message: 'The engine ended.' });
    assert.equal(await stopped, 'stopped');
    await assert.rejects(caller.request(double, { value: 1 }), { code: 'closed' });
  });

  it('carries notifications', async () => {
    const heard = new Promise<string>((resolve) => {
      caller.onNotification(told, resolve);
    });
    server.notify(told, 'runs changed');
    assert.equal(await heard, 'runs changed');
  });
});
