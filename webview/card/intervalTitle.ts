import type { ExampleInterval } from '../../src/protocol/indexSearch.ts';

export const intervalWords: Readonly<Record<ExampleInterval, readonly [string, string]>> = {
  top: ['Strongest', 'The pictures with its largest peaks'],
  '99-99.9': ['99 to 99.9 %', 'Peaks between these quantiles of its active pictures'],
  '90-99': ['90 to 99 %', 'Peaks between these quantiles of its active pictures'],
  median: ['Middle', 'Peaks between the 40 % and 60 % quantiles of its active pictures'],
  random: ['Random', 'Drawn evenly from its active pictures'],
};

/** The title of an interval, as headings, sheets and Markdown have it. */
export const intervalTitle = (interval: ExampleInterval): string => intervalWords[interval][0];
