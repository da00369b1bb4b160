import { modelError } from '../../../../protocol/errors.ts';

/**
 * Refuses a configuration value that would change the codes in a way we do not carry out; absent keys pass.
 *
 * @throws `model`, naming key and value
 */
export function refuseUnless(
  config: Readonly<Record<string, unknown>>,
  key: string,
  allowed: readonly unknown[],
  what: string,
): void {
  const value = config[key];
  if (value === undefined || allowed.includes(value)) return;
  throw modelError(`${what} with ${key} = ${JSON.stringify(value).slice(0, 80)} is not supported.`);
}

/** A count from a configuration. Throws `model`, naming the value, unless it is a whole number in `[1, max]`. */
export function countOf(value: unknown, key: string, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max) {
    throw modelError(`${key} is ${JSON.stringify(value).slice(0, 40)}; a whole number from 1 to ${String(max)} is needed.`);
  }
  return value;
}

/** Throws `model` when a configuration gives another size than the tensors. */
export function sameSize(value: unknown, key: string, size: number): void {
  if (value === undefined || value === null || value === size) return;
  throw modelError(`The configuration says ${key} = ${JSON.stringify(value).slice(0, 40)}, the tensors say ${String(size)}.`);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A note that names the keys that nobody looked at, so that a surprise can be traced. */
export function unknownKeysNote(
  config: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
): string[] {
  const rest = Object.keys(config).filter((key) => !known.has(key));
  if (rest.length === 0) return [];
  const shown = rest.slice(0, 12).join(', ');
  return [`Not used from the configuration: ${shown}${rest.length > 12 ? ` and ${String(rest.length - 12)} more` : ''}.`];
}

/** What every format but sdxl-unbox leaves open. */
export const targetReason = (format: string): string =>
  `${format} files do not say whether the SAE was trained on a stage's update ΔD or on its output.`;

/** A text of a configuration; '' for anything else. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
