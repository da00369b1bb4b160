import assert from 'node:assert/strict';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { JobState, JobSummary } from '../../protocol/jobs.ts';
import { readTraining, type TrainingView } from '../../protocol/training.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { TrainingSession } from './trainingSession.ts';

const job = (state: JobState, doneCount = 0): JobSummary => ({
  ...{ jobId: 'job-1', kind: 'train', title: 'Train', state, isElsewhere: false, createdAt: '' },
  progress: { phase: 'Training', doneCount },
});
const view = (pointCount: number): TrainingView => ({
  isEmbedded: false,
  ...{ setDir: '/s', dir: '/t', plan: null, points: [], pointCount, trained: [] },
});

describe('what a training panel shows', () => {
  let answers: TrainingView[] = [];
  let reads = 0;
  let session: TrainingSession;
  const list = {
    jobs: [] as readonly JobSummary[],
    state: 'ready' as const,
    reload: async () => {},
  };
  const dispatcher = new Dispatcher();
  dispatcher.handle(readTraining, () => {
    reads++;
    const answer = answers.shift();
    if (!answer) throw invalidInput('There is no job.');
    return answer;
  });
  beforeEach(() => {
    reads = 0;
    const report = { problem: (error: unknown) => ({ cause: String(error) }) };
    session = new TrainingSession({ engine: dispatcher, list, report }, () => {});
  });
  afterEach(() => {
    session.dispose();
  });

  it('reads the curves at once, and again when the job has moved, once a second at most', async () => {
    answers = [view(1), view(2), view(3)];
    list.jobs = [job('running', 10)];
    session.open('job-1');
    await eventually('the first figures', () => session.state.training?.pointCount === 1);
    assert.equal(session.state.job?.state, 'running');
    for (const doneCount of [20, 30, 40]) {
      list.jobs = [job('running', doneCount)];
      session.jobsChanged();
    }
    assert.equal(reads, 1);
    await eventually('the next figures', () => session.state.training?.pointCount === 2);
    assert.equal(reads, 2);
    session.jobsChanged();
    assert.deepEqual(session.state.job, job('running', 40));
  });

  it('says why the figures cannot be read', async () => {
    answers = [];
    list.jobs = [job('running')];
    session.open('job-1');
    await eventually('the cause', () => session.state.problem?.cause.includes('no job'));
  });

  it('keeps the curves of a job that was taken off the list, without a complaint', async () => {
    answers = [view(7)];
    list.jobs = [job('done')];
    session.open('job-1');
    await eventually('figures', () => session.state.training);
    list.jobs = [];
    session.jobsChanged();
    assert.ok(session.state.isRemoved);
    assert.equal(session.state.training?.pointCount, 7);
    assert.equal(session.state.problem, null);
  });
});
