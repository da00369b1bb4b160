import { invalidInput } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import { isHandle, sizeOf, type TensorRef } from '../../protocol/tensors.ts';

/**
 * Compares feeds with what a session declares: names, dtype, rank, fixed dimensions and element counts, so that the
 * error is ours and not the native library's.
 *
 * @throws `invalidInput` naming the input, what was given and what is wanted
 */
export function checkFeeds(
  inputs: readonly ValueInfo[],
  feeds: Readonly<Record<string, TensorRef>>,
): void {
  for (const input of inputs) {
    const feed = feeds[input.name];
    if (!feed && input.isOptional) continue;
    if (!feed) throw invalidInput(`The graph's input "${input.name}" was not given.`);
    if (feed.dtype !== input.dtype) {
      throw invalidInput(`Input "${input.name}" wants ${input.dtype}, not ${feed.dtype}.`);
    }
    const fits =
      feed.dims.length === input.dims.length &&
      input.dims.every(
        (dim, axis) => typeof dim === 'string' || dim < 0 || dim === feed.dims[axis],
      );
    if (!fits) {
      throw invalidInput(
        `Input "${input.name}" wants the shape [${input.dims.join(', ')}], not [${feed.dims.join(', ')}].`,
      );
    }
    if (!isHandle(feed) && feed.data.length !== sizeOf(feed.dims)) {
      throw invalidInput(
        `Input "${input.name}" has ${String(feed.data.length)} values for the shape [${feed.dims.join(', ')}].`,
      );
    }
  }
  const known = new Set(inputs.map((input) => input.name));
  const unknown = Object.keys(feeds).find((name) => !known.has(name));
  if (unknown !== undefined) throw invalidInput(`The graph has no input "${unknown}".`);
}
