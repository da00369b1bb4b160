import type { RunSummary } from '../../protocol/engine.ts';

export interface DayOfRuns {
  /** "Today", "Yesterday", or the date in the reader's own form. */
  readonly label: string;
  /** `2026-03-09`: names the day whatever the label says today. */
  readonly day: string;
  readonly runs: readonly RunSummary[];
}

/** Days in the reader's time zone, in the order of the runs. */
export function groupByDay(
  runs: readonly RunSummary[],
  now: Date,
  locale?: string,
): readonly DayOfRuns[] {
  const today = dayOf(now);
  const yesterday = dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1));
  const days = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const day = dayOf(new Date(run.manifest.createdAt));
    const group = days.get(day);
    if (group) group.push(run);
    else days.set(day, [run]);
  }
  const labelOf = (day: string, [first]: readonly RunSummary[]): string => {
    if (day === today) return 'Today';
    if (day === yesterday) return 'Yesterday';
    const date = new Date(first?.manifest.createdAt ?? now);
    return date.toLocaleDateString(locale, {
      weekday: 'long',
      day: 'numeric',
      month: 'long',
      year: 'numeric',
    });
  };
  return [...days].map(([day, group]) => ({ day, label: labelOf(day, group), runs: group }));
}

function dayOf(date: Date): string {
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  const month = twoDigits(date.getMonth() + 1);
  return `${String(date.getFullYear())}-${month}-${twoDigits(date.getDate())}`;
}
