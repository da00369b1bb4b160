/** "12,000" */
export const inWords = (value: number): string => value.toLocaleString('en');

/** "1 run", "12,000 pictures" */
export const countText = (count: number, one: string): string =>
  `${inWords(count)} ${one}${count === 1 ? '' : 's'}`;
