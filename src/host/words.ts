import { bytesText, countText } from '../protocol/countText.ts';
import type { StoreUsage } from '../protocol/engine.ts';
import type { RunManifest } from '../protocol/manifest.ts';
import { seedWords } from '../protocol/runTitle.ts';

/** "12 runs, 3.4 MB of 500 MB" */
export const usageText = ({ runCount, sizeBytes, quotaBytes }: StoreUsage): string =>
  `${countText(runCount, 'run')}, ${bytesText(sizeBytes)} of ${bytesText(quotaBytes)}`;

/** What a run's row says beside its prompt. */
export function runFigures(manifest: RunManifest, locale?: string): string {
  const { createdAt } = manifest;
  const time = new Date(createdAt).toLocaleTimeString(locale, {
    hour: '2-digit',
    minute: '2-digit',
  });
  return `${seedWords(manifest)} · ${time}`;
}

/** One line without the words' line breaks; an empty prompt is said to be one. */
export const promptLine = (prompt: string): string =>
  prompt.replaceAll(/\s+/g, ' ').trim() || '(no prompt)';

/** The beginning of a text by whole characters as people count them, with an ellipsis if there was more. */
export function shortened(text: string, lengthMax: number): string {
  let count = 0;
  for (const { index } of new Intl.Segmenter().segment(text)) {
    if (count === lengthMax) return `${text.slice(0, index).trimEnd()}…`;
    count++;
  }
  return text;
}

/** A file name that every system takes: `a-red-apple-seed-7.png`. */
export function fileNameOf({ prompt, seed }: RunManifest): string {
  const words = prompt
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-+|-+$/g, '');
  const short = shortened(words, 40).replace(/-*…$/, '');
  return `${short || 'picture'}-seed-${String(seed)}.png`;
}
