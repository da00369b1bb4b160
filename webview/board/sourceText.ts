import type { BoardBlock } from '../../src/protocol/boardPanel.ts';
import type { EditSource } from '../../src/protocol/recipe.ts';

/** @returns what is wrong, as a text, or the source */
export function parseSource(text: string, block: BoardBlock | undefined): EditSource | string {
  const feature = /^#?(\d{1,9})$/.exec(text.trim());
  const channel = /^ch(?:annel)?\s*(\d{1,9})$/i.exec(text.trim());
  const checked = (value: number, count: number | null | undefined, what: string) =>
    count === null
      ? `The block ${block?.block ?? ''} has no SAE, so no features. Name a channel: channel 4.`
      : count !== undefined && value >= count
        ? `${block?.block ?? 'The block'} has ${what}s 0 to ${count - 1}, not ${value}.`
        : undefined;
  if (feature) {
    const id = Number(feature[1]);
    return checked(id, block?.nFeatures, 'feature') ?? { feature: id };
  }
  if (channel) {
    const index = Number(channel[1]);
    return checked(index, block?.width, 'channel') ?? { channel: index };
  }
  return `"${text}" names nothing: a feature such as 123, or a channel such as channel 4.`;
}
