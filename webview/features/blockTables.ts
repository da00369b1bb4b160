import {
  contrastPictures,
  contrastRectangle,
  featuresOfCell,
  ranked,
  type Contrast,
  type FeatureActivity,
  type Rank,
} from '../../src/numerics/codes.ts';
import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import { boundsIn, cellIn, isOneCell, type Area } from './area.ts';
import { activitiesOf, codesOf, type StrengthUnit } from './codes.ts';

export interface FeatureRow {
  readonly id: number;
  /** In the order of the table's columns. */
  readonly numbers: readonly number[];
  /** Length of the strength bar: 0 ... 1 of the block's longest. */
  readonly strength: number;
  readonly isPinned: boolean;
}

export interface Column {
  readonly title: string;
  readonly kind: 'activation' | 'percent' | 'count';
  /** What the number is, for a tooltip. */
  readonly meaning: string;
}

/** What a block's list shows: columns, pinned features, then the strongest. */
export interface BlockTable {
  readonly columns: readonly Column[];
  readonly rows: readonly FeatureRow[];
  /** Features that could be listed. */
  readonly rowCount: number;
  /** Why there is no list. */
  readonly refusal?: string;
}

/** What the lists are about: the whole picture, a part of it, or two pictures. */
export interface TableQuestion {
  readonly stepIndex: number;
  readonly rank: Rank;
  readonly topCount: number;
  readonly area: Area | null;
  /** The unit of all strengths, where the block has means. */
  readonly unit: StrengthUnit;
  /** Pinned ids of this block. */
  readonly pinned: readonly number[];
  /** The other picture's block of the same name; null when that has none; undefined when nothing is compared. */
  readonly other: ReadBlock | null | undefined;
}

export function blockTable(reading: ReadBlock, question: TableQuestion): BlockTable {
  if (question.other !== undefined) return comparedTable(reading, question);
  const { area } = question;
  if (!area) return pictureTable(reading, question);
  return isOneCell(area) ? cellTable(reading, question, area) : partTable(reading, question, area);
}

const rankMeanings: Readonly<Record<Rank, Column>> = {
  mean: {
    title: 'Mean',
    kind: 'activation',
    meaning: 'Mean activation over all cells, inactive ones counted as 0',
  },
  max: { title: 'Max', kind: 'activation', meaning: 'Largest activation in any cell' },
  sum: { title: 'Sum', kind: 'activation', meaning: 'Sum of the activations over all cells' },
  cells: { title: 'Cells', kind: 'count', meaning: 'Cells in which the feature is active' },
};

function pictureTable(reading: ReadBlock, question: TableQuestion): BlockTable {
  const { rank, stepIndex, unit } = question;
  // The number of cells has a column of its own.
  const value = rank === 'cells' ? 'mean' : rank;
  const all = activitiesOf(reading, stepIndex, unit);
  const total = all.reduce((sum, one) => sum + one.sum, 0);
  const list = ranked(all, rank);
  const largest = list[0]?.[rank] ?? 0;
  const columns: Column[] = [
    rankMeanings[value],
    {
      title: 'Share',
      kind: 'percent',
      meaning: "Percent of the sum of all the block's activations",
    },
    rankMeanings.cells,
  ];
  const numbersOf = (one: FeatureActivity | undefined) =>
    one ? [one[value], share(one.sum, total), one.cells] : [0, 0, 0];
  return tableOf(list, question, columns, numbersOf, (one) => share(one[rank], largest));
}

function cellTable(reading: ReadBlock, question: TableQuestion, area: Area): BlockTable {
  const codes = codesOf(reading, question.stepIndex, question.unit);
  const list = featuresOfCell(codes, cellIn(codes, area));
  const total = list.reduce((sum, { value }) => sum + value, 0);
  const columns: Column[] = [
    { title: 'Strength', kind: 'activation', meaning: 'Activation in this cell' },
    { title: 'Share', kind: 'percent', meaning: "Percent of the sum of this cell's activations" },
  ];
  return tableOf(
    list,
    question,
    columns,
    (one) => (one ? [one.value, share(one.value, total)] : [0, 0]),
    ({ value }) => share(value, list[0]?.value ?? 0),
  );
}

function partTable(reading: ReadBlock, question: TableQuestion, area: Area): BlockTable {
  const codes = codesOf(reading, question.stepIndex, question.unit);
  const list = contrastRectangle(codes, boundsIn(codes, area)).filter(
    ({ difference }) => difference > 0,
  );
  return contrastTable(list, question, [
    { title: 'Here', kind: 'activation', meaning: 'Mean activation over the chosen cells' },
    { title: 'Rest', kind: 'activation', meaning: 'Mean activation over all other cells' },
    { title: 'More', kind: 'activation', meaning: 'Here minus rest' },
  ]);
}

function comparedTable(reading: ReadBlock, question: TableQuestion): BlockTable {
  const { other, stepIndex, unit } = question;
  const refusal = !other
    ? 'The other picture has no features of this block.'
    : other.saeSha256 !== reading.saeSha256
      ? 'The other picture was read with another SAE: their features have nothing to do with each other.'
      : undefined;
  if (!other || refusal !== undefined) {
    return { columns: [], rows: [], rowCount: 0, refusal: refusal ?? '' };
  }
  const list = contrastPictures(codesOf(reading, stepIndex, unit), codesOf(other, stepIndex, unit));
  return contrastTable(list, question, [
    { title: 'First', kind: 'activation', meaning: 'Mean activation in the first picture' },
    { title: 'Second', kind: 'activation', meaning: 'Mean activation in the second picture' },
    { title: 'Difference', kind: 'activation', meaning: 'First minus second' },
  ]);
}

function contrastTable(
  list: readonly Contrast[],
  question: TableQuestion,
  columns: readonly Column[],
): BlockTable {
  const largest = Math.abs(list[0]?.difference ?? 0);
  return tableOf(
    list,
    question,
    columns,
    (one) => (one ? [one.here, one.there, one.difference] : [0, 0, 0]),
    ({ difference }) => share(Math.abs(difference), largest),
  );
}

function tableOf<One extends { readonly id: number }>(
  list: readonly One[],
  { pinned, topCount }: TableQuestion,
  columns: readonly Column[],
  numbersOf: (one: One | undefined) => readonly number[],
  strengthOf: (one: One) => number,
): BlockTable {
  const rowOf = (id: number, one: One | undefined): FeatureRow => ({
    id,
    numbers: numbersOf(one),
    strength: one ? strengthOf(one) : 0,
    isPinned: pinned.includes(id),
  });
  const byId = new Map(list.map((one) => [one.id, one]));
  const onTop = [...pinned]
    .map((id) => rowOf(id, byId.get(id)))
    .sort((a, b) => b.strength - a.strength || a.id - b.id);
  const rest = list
    .filter(({ id }) => !pinned.includes(id))
    .slice(0, topCount)
    .map((one) => rowOf(one.id, one));
  return { columns, rows: [...onTop, ...rest], rowCount: list.length };
}

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
