/** Which feature ids are listed; undefined: all. */
export type IdFilter = readonly { readonly from: number; readonly to: number }[] | undefined;

/**
 * Reads "1674", "100-199" or several of these with commas.
 *
 * @returns undefined for an empty text; what is wrong, in words, when it cannot be read
 */
export function parseIdFilter(text: string): { filter: IdFilter } | { problem: string } {
  const parts = text
    .split(/[\s,;]+/)
    .map((part) => part.trim().replace(/^#/, ''))
    .filter(Boolean);
  if (parts.length === 0) return { filter: undefined };
  const ranges = [];
  for (const part of parts) {
    const match = /^(\d+)(?:[-–](\d+))?$/.exec(part);
    if (!match) return { problem: `"${part}" is neither an id nor a range such as 100-199.` };
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to < from) return { problem: `The range "${part}" ends before it begins.` };
    ranges.push({ from, to });
  }
  return { filter: ranges };
}

export const isListed = (filter: IdFilter, id: number): boolean =>
  filter === undefined || filter.some(({ from, to }) => id >= from && id <= to);

/** Reads "down.2.1/1674" or "1674"; undefined when it is neither. */
export function parseFeature(text: string): { block?: string; id: number } | undefined {
  const match = /^(?:([\w.]+)\s*[/ ]\s*)?#?(\d+)$/.exec(text.trim());
  if (!match) return undefined;
  const [, block, id] = match;
  return { ...(block === undefined ? {} : { block }), id: Number(id) };
}
