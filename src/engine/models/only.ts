import * as z from 'zod';

/** Accepts the values of a setting that are implemented; the message names the one that was given. */
export const only = <const T extends string | boolean | number | null>(...values: T[]) =>
  z.literal(values, {
    error: ({ input }) =>
      `${(JSON.stringify(input) as string | undefined)?.slice(0, 80) ?? 'nothing'} is not implemented (only ${values.map((value) => JSON.stringify(value)).join(', ')})`,
  });
