import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainPlan } from '../../../protocol/training.ts';
import { beginCurveFile, readCurveFile } from './curveFile.ts';

const plan: TrainPlan = {
  ...{ dir: '/t', sampleCount: 100, batchSize: 10, stepCount: 1000, doneSteps: 0 },
  ...{ deadAfterSteps: 5, memoryBytes: 1e6 },
  saes: [{ name: 'a', block: 'mid.0', dModel: 4, nFeatures: 8, k: 2, learningRate: 0.01 }],
};
const point = (step: number) => ({
  step,
  saes: { a: { loss: 1 / step, auxLoss: 0, explainedVariance: 0.5, l0: 2, deadCount: 1 } },
});

describe('the curve of a training on disk', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'curve-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });
  const steps = async (pointsMax: number): Promise<number[] | undefined> =>
    (await readCurveFile(dir, pointsMax))?.points.map(({ step }) => step);

  it('is not there before it begins, and holds what was added', async () => {
    assert.equal(await readCurveFile(dir, 10), undefined);
    const add = await beginCurveFile(dir, plan, [point(10)]);
    await add(point(20));
    assert.deepEqual(await readCurveFile(dir, 10), {
      ...{ plan, pointCount: 2 },
      points: [point(10), point(20)],
    });
  });

  it('begins anew at the checkpoint, so that no step is there twice', async () => {
    const add = await beginCurveFile(dir, plan, []);
    for (const step of [10, 20, 30]) await add(point(step));
    const again = await beginCurveFile(dir, plan, [point(10)]);
    await again(point(20));
    assert.deepEqual(await steps(10), [10, 20]);
  });

  it('shows evenly fewer points of many, the last one always', async () => {
    await beginCurveFile(
      ...([dir, plan] as const),
      Array.from({ length: 10 }, (_, index) => point(index + 1)),
    );
    assert.deepEqual(await steps(4), [1, 4, 7, 10]);
    assert.equal((await readCurveFile(dir, 4))?.pointCount, 10);
  });

  it('leaves out a line that a kill left half written', async () => {
    const add = await beginCurveFile(dir, plan, []);
    await add(point(10));
    appendFileSync(join(dir, 'curve.jsonl'), '{"step":20,"sa');
    assert.deepEqual(await steps(10), [10]);
  });
});
