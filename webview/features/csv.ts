import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import { boundsIn, isOneCell } from './area.ts';
import { blockTable, type TableQuestion } from './blockTables.ts';
import { activitiesOf, stepIndexIn, unitOf } from './codes.ts';

/** What a table of features is about; each has columns of its own. */
type Subject = 'picture' | 'cell' | 'part' | 'comparison';

const numberColumns: Readonly<Record<Subject, readonly string[]>> = {
  picture: ['mean', 'max', 'sum', 'cells', 'shareOfBlock'],
  cell: ['strength', 'shareOfCell'],
  part: ['meanHere', 'meanInRest', 'difference'],
  comparison: ['meanInFirst', 'meanInSecond', 'difference'],
};
const placeColumns = ['left', 'top', 'right', 'bottom'];

export interface Csv {
  readonly text: string;
  readonly rowCount: number;
}

/**
 * The features that are listed, block by block, with every number unrounded. Steps are counted from 1; `left` to
 * `bottom` are the chosen cells in the block's own grid, from 0, right and bottom not included.
 *
 * @param questionOf what is asked of each block
 */
export function csvOf(
  readings: readonly ReadBlock[],
  questionOf: (reading: ReadBlock) => TableQuestion,
): Csv {
  const [first] = readings;
  if (!first) return { text: '', rowCount: 0 };
  const subject = subjectOf(questionOf(first));
  const hasPlace = subject === 'cell' || subject === 'part';
  const header = [
    ...['block', 'path', 'step', 'feature', 'isPinned', 'unit'],
    ...(hasPlace ? placeColumns : []),
    ...numberColumns[subject],
  ];
  const rows = readings.flatMap((reading) => {
    const question = questionOf(reading);
    const { stepIndex, area, unit } = question;
    const step = stepIndexIn(reading, stepIndex) + 1;
    const bounds = area && hasPlace ? boundsIn(reading, area) : undefined;
    const place = bounds ? [bounds.left, bounds.top, bounds.right, bounds.bottom] : [];
    const numbersOf = subject === 'picture' ? everyNumber(reading, question) : undefined;
    return blockTable(reading, question).rows.map(({ id, numbers, isPinned }) =>
      [
        ...[reading.block, reading.path, step, id, isPinned, unitOf(reading, unit)],
        ...place,
        ...(numbersOf?.(id) ?? numbers),
      ].join(','),
    );
  });
  return { text: `${[header.join(','), ...rows].join('\n')}\n`, rowCount: rows.length };
}

function subjectOf({ other, area }: TableQuestion): Subject {
  if (other !== undefined) return 'comparison';
  if (!area) return 'picture';
  return isOneCell(area) ? 'cell' : 'part';
}

/** All that is known of a feature in the whole picture, not only what it is ranked by. */
function everyNumber(
  reading: ReadBlock,
  { stepIndex, unit }: TableQuestion,
): (id: number) => readonly number[] {
  const all = activitiesOf(reading, stepIndex, unit);
  const total = all.reduce((sum, one) => sum + one.sum, 0);
  const byId = new Map(all.map((one) => [one.id, one]));
  return (id) => {
    const one = byId.get(id);
    return one ? [one.mean, one.max, one.sum, one.cells, one.sum / total] : [0, 0, 0, 0, 0];
  };
}
