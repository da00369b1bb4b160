import assert from 'node:assert/strict';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { type JobState, type JobSummary, listJobs } from '../../protocol/jobs.ts';
import { Report } from '../report.ts';
import { JobList } from './jobList.ts';

const job = (jobId: string, state: JobState, isElsewhere = false): JobSummary => ({
  ...{ jobId, state, isElsewhere, kind: 'collect', title: jobId, createdAt: '' },
});

describe('the list of jobs', () => {
  let answer: () => readonly JobSummary[];
  let changeCount = 0;
  let failed: string[] = [];
  let done: string[] = [];
  const dispatcher = new Dispatcher();
  dispatcher.handle(listJobs, () => ({ jobs: answer() }));
  const report = new Report({
    isTrusted: () => true,
    log: () => {},
    notify: async () => undefined,
    act: () => {},
  });
  const make = (): JobList =>
    new JobList(dispatcher, report, {
      onChange: () => changeCount++,
      onFailed: ({ jobId }) => failed.push(jobId),
      onDone: ({ jobId }) => done.push(jobId),
    });
  beforeEach(() => {
    changeCount = 0;
    failed = [];
    done = [];
  });

  it('reads, and says why it could not', async () => {
    const list = make();
    answer = () => [job('a', 'done')];
    await list.reload();
    assert.deepEqual([list.state, list.jobs.length, changeCount], ['ready', 1, 1]);
    answer = () => {
      throw new Error('no disk');
    };
    await list.reload();
    assert.equal(list.state, 'failed');
    assert.match(list.problem?.cause ?? '', /no disk/);
  });

  it('tells of a job that fails while it runs here, once', () => {
    const list = make();
    list.told([job('old', 'failed'), job('a', 'running'), job('b', 'running', true)]);
    assert.deepEqual(
      list.active.map(({ jobId }) => jobId),
      ['a'],
    );
    list.told([job('old', 'failed'), job('a', 'failed'), job('b', 'failed')]);
    list.told([job('old', 'failed'), job('a', 'failed'), job('b', 'failed')]);
    assert.deepEqual(failed, ['a']);
  });

  it('tells of a job that is done while it runs here, once', () => {
    const list = make();
    list.told([job('old', 'done'), job('a', 'queued'), job('b', 'running', true)]);
    list.told([job('old', 'done'), job('a', 'done'), job('b', 'done')]);
    list.told([job('old', 'done'), job('a', 'done'), job('b', 'done')]);
    assert.deepEqual(done, ['a']);
  });

  it('takes the jobs of an engine that ended for interrupted, not those of other windows', () => {
    const list = make();
    list.told([
      job('a', 'running'),
      job('b', 'running', true),
      job('c', 'paused'),
      job('d', 'done'),
    ]);
    list.engineEnded();
    assert.deepEqual(
      list.jobs.map(({ state }) => state),
      ['interrupted', 'running', 'interrupted', 'done'],
    );
    const before = changeCount;
    list.engineEnded();
    assert.equal(changeCount, before);
  });
});
