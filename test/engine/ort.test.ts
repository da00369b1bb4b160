import assert from 'node:assert/strict';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { createOrt } from '../../src/engine/ort/ortClient.ts';
import type { OrtSession } from '../../src/engine/ort/ort.ts';
import { isHandle, type TensorValue } from '../../src/protocol/tensors.ts';
import type { LogRecord } from '../../src/protocol/log.ts';
import { eventually } from '../support/eventually.ts';
import { identity, matrixChain } from '../support/tinyGraphs.ts';

const runnerPath = join(import.meta.dirname, '..', '..', 'dist', 'runner.cjs');
const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
const square = (n: number): TensorValue => ({ dtype: 'float32', dims: [n, n], data: identity(n) });

describe('runner', () => {
  let ort: ReturnType<typeof createOrt>;
  let records: LogRecord[];

  beforeEach(() => {
    records = [];
    ort = createOrt({ runnerPath, onLog: (record) => records.push(record) });
  });
  afterEach(() => ort.stop());

  const chain = (productCount: number): Promise<OrtSession> =>
    ort.createSession({
      graph: { bytes: matrixChain(productCount), externalDataDir: '' },
      provider: 'cpu',
      threadCount: 1,
    });
  const pids = (): number[] =>
    records.flatMap(({ text }) => /^started, pid (\d+)/.exec(text)?.[1] ?? []).map(Number);

  it('runs a graph, by value and by handle', async () => {
    const session = await chain(2);
    const first = await session.run({ x: square(3) }, { y: 'handle' });
    const held = first.outputs.y;
    assert.ok(held && isHandle(held));
    const second = await session.run({ x: held }, { y: 'value' });
    assert.deepEqual((second.outputs.y as TensorValue).data, identity(3));
    await ort.releaseTensors([held.handle]);
    await assert.rejects(session.run({ x: held }, { y: 'value' }), { code: 'invalidInput' });
  });

  it('puts in what is larger than one message', async () => {
    const data = Float32Array.from({ length: 2 ** 23 + 3 }, (_, i) => i % 1021);
    const [held] = await ort.holdTensors([{ dtype: 'float32', dims: [data.length], data }]);
    const [back] = await ort.readTensors([held!]);
    assert.ok(Buffer.compare(bytesOf(back!.data), bytesOf(data)) === 0);
    await ort.releaseTensors([held!.handle]);
  });

  it('runs in the background with less priority', async () => {
    const started: string[] = [];
    const onLog = ({ text }: LogRecord) => started.push(text);
    const background = createOrt({ runnerPath, onLog, isBackground: true });
    try {
      await background.version();
      const pid = Number(/pid (\d+)/.exec(started.join())?.[1]);
      assert.equal(getPriority(pid), Math.min(19, getPriority() + 10));
    } finally {
      await background.stop();
    }
  });

  it('holds, writes in place and reads back tensors in another shape', async () => {
    const session = await chain(1);
    const data = Float32Array.of(2, 0, 0, 3);
    const [held] = await ort.holdTensors([{ dtype: 'float32', dims: [4], data }]);
    assert.ok(held);
    const square = { ...held, dims: [2, 2] };
    const zeros: TensorValue = { dtype: 'float32', dims: [2, 2], data: new Float32Array(4) };
    const [into] = await ort.holdTensors([zeros]);
    assert.deepEqual((await session.run({ x: square }, { y: into! })).outputs, {});
    const [written, kept] = await ort.readTensors([into!, held]);
    assert.deepEqual(written?.data, Float32Array.of(4, 0, 0, 9));
    assert.deepEqual(kept?.data, data);
    const wrong = { ...held, dims: [3] };
    await assert.rejects(ort.readTensors([wrong]), /of 4 values cannot be seen as \[3\]/);
    await session.release();
    assert.deepEqual((await ort.readTensors([held]))[0]?.data, data, 'outlives sessions');
    await ort.releaseTensors([held.handle, into!.handle]);
    await assert.rejects(ort.readTensors([held]), { code: 'invalidInput' });
  });

  it('names feeds that do not fit', async () => {
    const session = await chain(1);
    await assert.rejects(session.run({}, { y: 'value' }), /input "x" was not given/);
    const flat: TensorValue = { dtype: 'float32', dims: [4], data: new Float32Array(4) };
    await assert.rejects(
      session.run({ x: flat }, { y: 'value' }),
      /wants the shape \[n, n\], not \[4\]/,
    );
    const ints: TensorValue = { dtype: 'int64', dims: [1, 1], data: new BigInt64Array(1) };
    await assert.rejects(session.run({ x: ints }, { y: 'value' }), /wants float32, not int64/);
  });

  it('feeds a default where a run gives nothing', async () => {
    const params = {
      graph: { bytes: matrixChain(1), externalDataDir: '' },
      provider: 'cpu',
      threadCount: 1,
    } as const;
    const defaults = { x: square(2), unknown: square(1) };
    const session = await ort.createSession({ ...params, defaults });
    const y = async (feeds: Record<string, TensorValue>) =>
      ((await session.run(feeds, { y: 'value' })).outputs.y as TensorValue).data;
    assert.deepEqual(await y({}), identity(2));
    assert.deepEqual(await y({ x: square(3) }), identity(3));
    assert.deepEqual(await y({}), identity(2), 'what one run gives counts for it alone');
    const flat: TensorValue = { dtype: 'float32', dims: [4], data: new Float32Array(4) };
    await assert.rejects(
      ort.createSession({ ...params, defaults: { x: flat } }),
      /wants the shape \[n, n\], not \[4\]/,
    );
  });

  it('refuses a graph that is noise, and lives on', async () => {
    const graph = { bytes: new Uint8Array(64).fill(7), externalDataDir: '' };
    await assert.rejects(ort.createSession({ graph, provider: 'cpu', threadCount: 1 }), {
      code: 'model',
    });
    await chain(1);
    assert.equal(pids().length, 1);
  });

  it('kills a run that does not answer its cancel, which is no crash', async () => {
    const session = await chain(4000);
    const controller = new AbortController();
    const startedAt = performance.now();
    const run = session.run({ x: square(512) }, { y: 'value' }, controller.signal);
    setTimeout(() => {
      controller.abort();
    }, 100);
    await assert.rejects(run, { code: 'cancelled' });
    assert.ok(performance.now() - startedAt < 5000, 'the run itself takes longer than ten seconds');
    assert.equal(session.isAlive, false);
    await assert.rejects(session.run({ x: square(2) }, { y: 'value' }), { code: 'closed' });
    for (let kill = 0; kill < 3; kill++) await chain(1);
  }).timeout(20_000);

  it('tells a crash with its cause, starts again, and gives up after three', async () => {
    for (let crash = 0; crash < 3; crash++) {
      const session = await chain(4000);
      const run = session.run({ x: square(512) }, { y: 'value' });
      const pid = pids()[crash];
      assert.ok(pid !== undefined);
      setTimeout(() => process.kill(pid, 'SIGKILL'), 100);
      await assert.rejects(run, {
        code: 'internal',
        message:
          /ended unexpectedly \(signal SIGKILL\)\. Systems end programs so when memory runs out/,
      });
    }
    await eventually('the client to give up', () =>
      chain(1).then(
        () => false,
        () => true,
      ),
    );
    await assert.rejects(chain(1), /crashed three times in three minutes/);
    await ort.stop();
    await chain(1);
  }).timeout(20_000);
});
