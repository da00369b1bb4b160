import { countText } from '../../src/protocol/countText.ts';
import type { Truncation } from '../../src/protocol/engine.ts';
import type { RunManifest, SchedulerName } from '../../src/protocol/manifest.ts';

export const schedulerLabels: Readonly<Record<SchedulerName, string>> = {
  EulerAncestralDiscreteScheduler: 'Euler ancestral',
  EulerDiscreteScheduler: 'Euler',
  DDIMScheduler: 'DDIM',
};

/** "1 step · guidance 0 · Euler ancestral · 128 × 128 px". */
export function settingsWords(manifest: RunManifest): string {
  const { steps, guidanceScale, scheduler, width, height } = manifest;
  return [
    countText(steps, 'step'),
    `guidance ${guidanceScale}`,
    schedulerLabels[scheduler],
    `${width} × ${height} px`,
  ].join(' · ');
}

/** What a picture is, for who cannot see it. */
export const altText = ({ prompt, seed, width, height }: RunManifest): string =>
  `Picture for the prompt “${prompt}”, seed ${seed}, ${width} by ${height} pixels`;

export function truncationWords({ prompt, cutText, tokenCount, tokenLimit }: Truncation): string {
  const name = prompt === 'prompt' ? 'The prompt' : 'The negative prompt';
  return `${name} has ${tokenCount} tokens, the model reads ${tokenLimit}. Not read: “${cutText}”`;
}

export interface Timing {
  readonly phase: string;
  readonly durationMs: number;
}

/** Phases that took time, in the order in which they ran, and their sum, which the manifest may carry as `total`. */
export function timingsOf({ timingsMs }: RunManifest): { phases: Timing[]; totalMs: number } {
  const phases = Object.entries(timingsMs)
    .filter(([name, durationMs]) => name !== 'total' && durationMs > 0)
    .map(([name, durationMs]) => ({ phase: phaseWords(name), durationMs }));
  const sum = phases.reduce((total, { durationMs }) => total + durationMs, 0);
  return { phases, totalMs: timingsMs['total'] ?? sum };
}

/** `encodingText` becomes "Encoding text". */
function phaseWords(name: string): string {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
