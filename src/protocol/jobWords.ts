import type { JobProgress } from './jobs.ts';

/** "Collecting 12 of 500 pictures, 3.4 a second, 2 min left": the same in the editor and in a shell. */
export function jobProgressText(progress: JobProgress): string {
  const { phase, doneCount, totalCount, unit = '', ratePerSecond, secondsLeft } = progress;
  if (doneCount === undefined) return phase;
  const of = totalCount === undefined ? '' : ` of ${totalCount.toLocaleString('en')}`;
  const parts = [`${phase} ${doneCount.toLocaleString('en')}${of} ${unit}`.trim()];
  if (ratePerSecond !== undefined) parts.push(rateText(ratePerSecond));
  if (secondsLeft !== undefined && secondsLeft > 0) parts.push(`${durationText(secondsLeft)} left`);
  return parts.join(', ');
}

/** "24 %, 2 min left": for where there is little room. */
export function jobShareText({ phase, doneCount, totalCount, secondsLeft }: JobProgress): string {
  if (doneCount === undefined || !totalCount) return phase;
  const share = `${String(Math.floor((100 * doneCount) / totalCount))} %`;
  return secondsLeft === undefined || secondsLeft <= 0
    ? share
    : `${share}, ${durationText(secondsLeft)} left`;
}

/** Slow work is told by the minute: "0.03 a second" says nothing. */
function rateText(perSecond: number): string {
  const [rate, unit] = perSecond < 0.5 ? [perSecond * 60, 'minute'] : [perSecond, 'second'];
  return `${rate >= 10 ? Math.round(rate).toLocaleString('en') : rate.toPrecision(2)} a ${unit}`;
}

function durationText(seconds: number): string {
  if (seconds < 60) return `${String(Math.ceil(seconds))} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${String(minutes)} min`;
  const hours = `${String(Math.floor(minutes / 60))} h`;
  return minutes % 60 === 0 ? hours : `${hours} ${String(minutes % 60)} min`;
}
