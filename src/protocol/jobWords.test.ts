import assert from 'node:assert/strict';
import { jobProgressText, jobShareText } from './jobWords.ts';

describe('the words of a job', () => {
  it('say what is known, in units that a person can use', () => {
    const collecting = { phase: 'Collecting', doneCount: 1200, totalCount: 5000, unit: 'pictures' };
    const cases: [Parameters<typeof jobProgressText>[0], string][] = [
      [{ phase: 'Preparing' }, 'Preparing'],
      [{ phase: 'Reading', doneCount: 3 }, 'Reading 3'],
      [collecting, 'Collecting 1,200 of 5,000 pictures'],
      [
        { ...collecting, ratePerSecond: 3.456, secondsLeft: 59.2 },
        'Collecting 1,200 of 5,000 pictures, 3.5 a second, 60 s left',
      ],
      [
        { ...collecting, ratePerSecond: 0.03, secondsLeft: 7190 },
        'Collecting 1,200 of 5,000 pictures, 1.8 a minute, 2 h left',
      ],
      [
        { ...collecting, ratePerSecond: 0.03, secondsLeft: 7250 },
        'Collecting 1,200 of 5,000 pictures, 1.8 a minute, 2 h 1 min left',
      ],
      [
        { ...collecting, ratePerSecond: 1234, secondsLeft: 61 },
        'Collecting 1,200 of 5,000 pictures, 1,234 a second, 2 min left',
      ],
    ];
    assert.equal(jobShareText({ ...collecting, secondsLeft: 61 }), '24 %, 2 min left');
    assert.equal(jobShareText({ ...collecting, doneCount: 4999 }), '99 %');
    assert.equal(jobShareText({ phase: 'Preparing' }), 'Preparing');
    for (const [progress, text] of cases) assert.equal(jobProgressText(progress), text);
  });
});
