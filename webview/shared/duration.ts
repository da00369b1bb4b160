import { significant } from '../../src/numerics/significant.ts';

/** A time that was measured: "0.84 ms", "812 ms", "1.2 s", "3 min 5 s". */
export function durationWords(durationMs: number): string {
  if (durationMs < 999.5) return `${significant(durationMs)} ms`;
  if (durationMs < 59_950) return `${significant(durationMs / 1000)} s`;
  return minutes(Math.round(durationMs / 1000));
}

/** A time that was estimated: whole seconds, and no more digits than it deserves. */
export function timeLeftWords(leftMs: number): string {
  const seconds = Math.max(1, Math.round(leftMs / 1000));
  return seconds < 60 ? `about ${seconds} s left` : `about ${minutes(seconds)} left`;
}

function minutes(seconds: number): string {
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Before this much time or work an estimate jumps about. */
const estimateAfterMs = 3000;
const estimateAfterFraction = 0.05;

/** @returns undefined while it would be a guess */
export function timeLeft(elapsedMs: number, fraction: number): number | undefined {
  if (elapsedMs < estimateAfterMs || fraction < estimateAfterFraction) return undefined;
  return (elapsedMs * (1 - fraction)) / fraction;
}
