/** "12,000" */
export const inWords = (value: number): string => value.toLocaleString('en');

/** "1 run", "12,000 pictures" */
export const countText = (count: number, one: string): string =>
  `${inWords(count)} ${one}${count === 1 ? '' : 's'}`;

/** "5.1 GB", "820 kB", "17 bytes": powers of ten, as file managers and settings have them. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [unit, size] =
    bytes >= 1e9 ? ['GB', bytes / 1e9] : bytes >= 1e6 ? ['MB', bytes / 1e6] : ['kB', bytes / 1e3];
  return `${size >= 10 ? inWords(Math.round(size)) : size.toFixed(1)} ${unit}`;
}
