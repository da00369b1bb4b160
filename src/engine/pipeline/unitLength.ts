import { modelError } from '../../protocol/errors.ts';

/** @throws `model` where there is no length to divide by */
export function unitLength(values: Float32Array, name: string): Float32Array {
  const length = Math.hypot(...values);
  if (length > 0 && Number.isFinite(length)) return values.map((value) => value / length);
  throw modelError(`${name} gave an embedding of length ${length}.`);
}
