import assert from 'node:assert/strict';
import { eventually } from '../../../test/support/eventually.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { JobSummary } from '../../protocol/jobs.ts';
import {
  readSpecialization,
  showMark,
  type SpecializationView,
} from '../../protocol/specialization.ts';
import { SpecializationSession } from './specializationSession.ts';

const job: JobSummary = {
  ...{ jobId: 'job-1', kind: 'specialize', title: 'Report', state: 'running' },
  ...{ isElsewhere: false, createdAt: '', progress: { phase: 'Measuring', doneCount: 3 } },
};
const view: SpecializationView = { dir: '/reports/first', report: null };

describe('what a panel on block specialization shows', () => {
  let session: SpecializationSession;
  const list = { jobs: [job], state: 'ready' as const, reload: async () => {} };
  let asked: unknown;
  const dispatcher = new Dispatcher();
  dispatcher.handle(readSpecialization, (params) => {
    if (!('jobId' in params) || params.jobId !== 'job-1') throw invalidInput('There is no job.');
    return view;
  });
  dispatcher.handle(showMark, (params) => {
    asked = params;
    // As pictures arrive: a view into a larger message.
    const rgb = new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5);
    const picture = { width: 1, height: 1, rgb };
    const one = { prompt: 'a cat', seed: 1, label: 'x', pixelDistance: 0 };
    const shots = [{ name: 'Unedited', picture }];
    return { pictures: [{ ...one, shots }], count: 7, order: 'by chance' };
  });
  beforeEach(() => {
    session = new SpecializationSession(
      {
        ...{ engine: dispatcher, list, modelDir: () => '/models/mini', provider: () => 'cpu' },
        report: { problem: (error: unknown) => ({ cause: String(error) }) },
      },
      () => {},
    );
  });
  afterEach(() => {
    session.dispose();
  });

  it('reads the report of its job', async () => {
    session.open('job-1');
    assert.equal(session.state.job, job);
    await eventually('the report', () => session.state.view === view);
    assert.equal(session.state.isRemoved, false);
  });

  it('hands on the pictures behind a mark, each with bytes of its own', async () => {
    await assert.rejects(session.pictures('edit'), /has not been read yet/);
    session.open('job-1');
    await eventually('the report', () => session.state.view);
    const { pictures, count, order } = await session.pictures('edit a feature 1');
    const [shot] = pictures[0]?.shots ?? [];
    assert.deepEqual([...new Uint8Array(shot?.picture.rgb ?? new ArrayBuffer())], [1, 2, 3]);
    assert.deepEqual([shot?.name, count, order], ['Unedited', 7, 'by chance']);
    assert.deepEqual(asked, {
      ...{ dir: '/reports/first', modelDir: '/models/mini', provider: 'cpu' },
      ...{ key: 'edit a feature 1', limit: 6 },
    });
  });

  it('says that a report is no longer listed', async () => {
    session.open('job-2');
    assert.deepEqual([session.state.job, session.state.isRemoved], [null, true]);
  });
});
