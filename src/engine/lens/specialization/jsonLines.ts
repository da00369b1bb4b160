import { appendFile, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type * as z from 'zod';
import { modelError } from '../../../protocol/errors.ts';

/** Adds lines that belong together, in one write. */
export const appendLines = (dir: string, name: string, values: readonly unknown[]): Promise<void> =>
  appendFile(join(dir, name), values.map((value) => `${JSON.stringify(value)}\n`).join(''));

/**
 * The lines of a report's file; none where there is no file. A line that was cut short is left out.
 *
 * @param isOwner cuts off what a crash left half written, so that the next line begins anew
 * @throws `model` for a whole line that does not fit
 */
export async function readLines<Line>(
  dir: string,
  name: string,
  schema: z.ZodType<Line>,
  isOwner = false,
): Promise<readonly Line[]> {
  const path = join(dir, name);
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const end = bytes.lastIndexOf(10) + 1;
  if (isOwner && end < bytes.length) await truncate(path, end);
  const lines = bytes.toString('utf8', 0, end).split('\n');
  lines.pop();
  return lines.map((line, index) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      value = undefined;
    }
    const { data } = schema.safeParse(value);
    if (data !== undefined) return data;
    throw modelError(`${name}, line ${index + 1}, is no row of a report.`);
  });
}
