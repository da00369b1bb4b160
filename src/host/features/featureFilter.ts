/** One alternative of a filter: ids from … to, or words that all occur in a label. */
type Alternative =
  { readonly from: number; readonly to: number } | { readonly words: readonly string[] };

/** Which features are listed: those that any alternative names; undefined: all. */
export type FeatureFilter = readonly Alternative[] | undefined;

/**
 * Reads ids ("1674"), ranges ("100-199") and words of labels ("blue sky"), several of these with commas; ids and
 * ranges also with spaces. Words are sought without regard to case, a part of a word is enough.
 *
 * @returns undefined for an empty text; what is wrong, in words, when it cannot be read
 */
export function parseFeatureFilter(text: string): { filter: FeatureFilter } | { problem: string } {
  const alternatives: Alternative[] = [];
  for (const part of text.split(/[,;]+/)) {
    const words = part.split(/\s+/).filter(Boolean);
    const ranges = words.map(rangeOf);
    if (ranges.some((range) => range === undefined)) {
      alternatives.push({ words: words.map((word) => word.toLowerCase()) });
      continue;
    }
    for (const [index, range] of ranges.entries()) {
      if (!range) continue;
      if (range.to < range.from) {
        return { problem: `The range "${words[index] ?? ''}" ends before it begins.` };
      }
      alternatives.push(range);
    }
  }
  return { filter: alternatives.length > 0 ? alternatives : undefined };
}

function rangeOf(word: string): { from: number; to: number } | undefined {
  const match = /^#?(\d+)(?:[-–](\d+))?$/.exec(word);
  return match ? { from: Number(match[1]), to: Number(match[2] ?? match[1]) } : undefined;
}

/** @param labelOf asked only where the filter has words */
export function isListed(
  filter: FeatureFilter,
  id: number,
  labelOf: (id: number) => string | undefined,
): boolean {
  if (filter === undefined) return true;
  return filter.some((one) => {
    if (!('words' in one)) return id >= one.from && id <= one.to;
    const label = labelOf(id)?.toLowerCase();
    return label !== undefined && one.words.every((word) => label.includes(word));
  });
}
