import type { UnetPart, UnetPartKind } from '../../src/protocol/unetParts.ts';

/** Layers that belong together, and where they are in the U. */
export interface UnetGroup {
  readonly title: string;
  /** "1/4 of the latents' size" */
  readonly size: string;
  readonly side: 'down' | 'middle' | 'up';
  /** Counted from 1, from the top. */
  readonly row: number;
  /** In the order in which they run. */
  readonly parts: readonly UnetPart[];
}

export const kindWords: Readonly<Record<UnetPartKind, string>> = {
  input: 'convolution',
  resnet: 'ResNet',
  attention: 'attention stage',
  downsample: 'half the size',
  upsample: 'twice the size',
  output: 'convolution',
};

/** Height and width of a layer's input beside those of the latents. */
export function sizeWords(halvings: number): string {
  if (halvings === 0) return "the latents' size";
  return halvings > 0 ? `1/${2 ** halvings} of the latents'` : `${2 ** -halvings} × the latents'`;
}

/**
 * Groups in the order in which they run: the n-th from the start beside the n-th from the end, the middle below all.
 *
 * @param parts in the order in which they run
 */
export function groupsOf(parts: readonly UnetPart[]): readonly UnetGroup[] {
  const names = [...new Set(parts.map(({ group }) => group).filter(Boolean))];
  const downs = names.filter((name) => name.startsWith('down'));
  const ups = names.filter((name) => name.startsWith('up'));
  const depth = Math.max(downs.length, ups.length);
  return names.map((name) => {
    const own = parts.filter(({ group }) => group === name);
    const side = name.startsWith('down') ? 'down' : name.startsWith('up') ? 'up' : 'middle';
    const row =
      side === 'down'
        ? downs.indexOf(name) + 1
        : side === 'up'
          ? ups.length - ups.indexOf(name)
          : depth + 1;
    const isFirst = name === names[0];
    const isLast = name === names.at(-1);
    const ends = (kind: UnetPartKind): readonly UnetPart[] =>
      parts.filter((part) => part.kind === kind);
    return {
      title: name,
      size: sizeWords(own[0]?.halvings ?? 0),
      side,
      row,
      parts: [...(isFirst ? ends('input') : []), ...own, ...(isLast ? ends('output') : [])],
    };
  });
}
