import type { RunManifest } from './manifest.ts';

type Named = Pick<RunManifest, 'prompt' | 'seed' | 'explained'>;

/** What a run is called, on one line: its prompt, or the file that it was read from. */
export function runTitle({ prompt, explained }: Named): string {
  if (explained) return `${explained.name}, read at t=${String(explained.timestep)}`;
  return prompt.replaceAll(/\s+/g, ' ').trim() || '(no prompt)';
}

/** What the noise was: "seed 7", or of a picture that was read "4 noises from seed 0". */
export function seedWords({ seed, explained }: Named): string {
  if (!explained) return `seed ${String(seed)}`;
  const { seedCount } = explained;
  return `${String(seedCount)} ${seedCount === 1 ? 'noise' : 'noises'} from seed ${String(seed)}`;
}
