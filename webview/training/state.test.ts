import assert from 'node:assert/strict';
import type { TrainingView } from '../../src/protocol/training.ts';
import { scaleOf } from './scale.ts';
import { csvOf, figureOf, mostlyDead, pointAt, reduce, shownPoint } from './state.ts';

const point = (step: number) => ({
  step,
  saes: {
    a: { loss: 100 / step, auxLoss: 0.5, explainedVariance: 0.25, l0: 4, deadCount: 16 },
  },
});
const training: TrainingView = {
  isEmbedded: false,
  ...{ setDir: '/set', dir: '/t', pointCount: 3, trained: [] },
  plan: {
    ...{ dir: '/t', sampleCount: 1000, batchSize: 10, stepCount: 100, doneSteps: 0 },
    ...{ deadAfterSteps: 5, memoryBytes: 1 },
    saes: [{ name: 'a', block: 'mid.0', dModel: 4, nFeatures: 64, k: 4, learningRate: 0.01 }],
  },
  points: [point(10), point(20), point(50)],
};
const host = { jobId: 'job-1', job: null, isRemoved: false, training, problem: null };
const start = { host: null, pointed: null, trouble: null, said: '' };

describe('the state of a training panel', () => {
  it('tells the dead share of all features, and nothing for an SAE that has no figures', () => {
    assert.equal(figureOf(training, 'a', point(10), 'deadShare'), 0.25);
    assert.equal(figureOf(training, 'a', point(10), 'loss'), 10);
    assert.ok(Number.isNaN(figureOf(training, 'b', point(10), 'loss')));
    assert.ok(Number.isNaN(figureOf({ ...training, plan: null }, 'a', point(10), 'deadShare')));
  });

  it('names SAEs of which a quarter or more is dead in the end', () => {
    assert.deepEqual(mostlyDead(training), [{ sae: 'a', share: 0.25 }]);
    const [last] = [point(60)];
    const fewer = { ...last, saes: { a: { ...last.saes.a, deadCount: 15 } } };
    assert.deepEqual(mostlyDead({ ...training, points: [...training.points, fewer] }), []);
    assert.deepEqual(mostlyDead({ ...training, points: [] }), []);
    assert.deepEqual(mostlyDead({ ...training, plan: null }), []);
  });

  it('shows the last point until another one is pointed at', () => {
    assert.equal(shownPoint(training, null)?.step, 50);
    assert.equal(shownPoint(training, 0)?.step, 10);
    assert.equal(shownPoint({ ...training, points: [] }, 0), undefined);
    assert.equal(pointAt(training, 0), 0);
    assert.equal(pointAt(training, 0.18), 1);
    assert.equal(pointAt(training, 1), 2);
    assert.equal(pointAt({ ...training, points: [] }, 0.5), null);
  });

  it('forgets what was pointed at when the points are others', () => {
    const first = reduce(start, { kind: 'snapshot', host });
    const pointed = reduce(first, { kind: 'pointed', index: 1 });
    assert.equal(reduce(pointed, { kind: 'snapshot', host }).pointed, 1);
    const more = { ...host, training: { ...training, pointCount: 4 } };
    assert.equal(reduce(pointed, { kind: 'snapshot', host: more }).pointed, null);
  });

  it('keeps what is shown when something fails', () => {
    const first = reduce(start, { kind: 'snapshot', host });
    const failed = reduce(first, { kind: 'failed', cause: 'no engine' });
    assert.equal(failed.host, host);
    assert.equal(failed.trouble, 'no engine');
    assert.equal(reduce(failed, { kind: 'said', text: 'Copied.' }).trouble, null);
  });

  it('copies every number unrounded', () => {
    const lines = csvOf(training).trim().split('\n');
    assert.equal(lines.length, 4);
    assert.equal(lines[1], '10,a,10,0.5,0.25,4,16');
  });
});

describe('the axes of training charts', () => {
  it('loss has decades, shares go from 0 to 1', () => {
    const loss = scaleOf('loss', [1, 10, 100]);
    assert.ok(loss.isLog);
    // f64 logarithms: some units in the last place.
    assert.ok(Math.abs(loss.shareOf(10) - 0.5) < 1e-12);
    const ev = scaleOf('explainedVariance', [-3, 0.5]);
    assert.deepEqual([ev.low, ev.high, ev.shareOf(-3), ev.shareOf(0.5)], [0, 1, 0, 0.5]);
    assert.equal(scaleOf('l0', [5, 10]).shareOf(5), 0.5);
  });

  it('draws a loss that never changes or reaches 0, and no point at all', () => {
    assert.equal(scaleOf('loss', [2, 2]).shareOf(2), 1);
    assert.equal(scaleOf('loss', [0, 4]).shareOf(1), 0.25);
    assert.equal(scaleOf('loss', []).high, 1);
    assert.ok(Number.isNaN(scaleOf('l0', [1]).shareOf(NaN)));
  });
});
