import assert from 'node:assert/strict';
import type { SpecializeParams, SpecializePlan } from '../../protocol/specialization.ts';
import { parseDoses, specializeRows } from './specializeDraft.ts';

const draft: SpecializeParams = {
  ...{ modelDir: '/models/mini', provider: 'cpu', dir: '/reports/first' },
  prompts: { file: '/prompts/animals.txt' },
};
const plan: SpecializePlan = {
  ...{ dir: '/reports/first', promptsName: 'animals.txt', promptCount: 24, measuredCount: 12 },
  ...{
    blocks: ['mid.0', 'up.0.1'],
    stages: [],
    charts: [2, 3, 4],
    absent: [],
    featureCount: 10,
    doses: [1],
  },
  ...{ factors: ['style'], stepCount: 4, pictureCount: 960, doneCount: 0, secondsLeft: 340 },
};

describe('the choice of a report', () => {
  it('says first how long it takes', () => {
    const [start, ...rows] = specializeRows(draft, plan);
    assert.deepEqual(
      [start?.id, start?.label, start?.description, start?.detail],
      ['start', '$(play) Start', 'about 6 minutes', '960 pictures; previews come first meanwhile.'],
    );
    const text = rows.map(({ description }) => description).join('\n');
    assert.match(text, /animals\.txt\n24; half of them choose features/);
    assert.match(text, /mid\.0, up\.0\.1\n10 a block/);
    assert.match(text, /800; 1 stated factor: style\n/);
    const again = specializeRows(draft, { ...plan, doneCount: 960, secondsLeft: undefined });
    assert.deepEqual(
      [again[0]?.label, again[0]?.description],
      ['$(play) Go On', 'nothing is left to do'],
    );
  });

  it('says what does not fit, where it can be changed', () => {
    const problem = 'promptCount is 7; allowed are whole numbers from 8 to 400.';
    const [start] = specializeRows({ ...draft, promptCount: 7 }, { problem });
    assert.deepEqual([start?.label, start?.detail], ['$(error) Not ready', problem]);
  });

  it('reads doses', () => {
    assert.deepEqual(parseDoses('0.5, 1,2'), [0.5, 1, 2]);
    for (const bad of ['', '0', '1,', '-1', '17', 'x', '1,1,1,1,1,1,1,1,1']) {
      assert.equal(parseDoses(bad), undefined, bad);
    }
  });
});
