import { blockColours } from '../../src/charts/blockColours.ts';
import { paperBlocks, type PaperBlock } from '../../src/protocol/paperBlocks.ts';

export interface Block extends PaperBlock {
  /** Never the only mark of a block: its name stands beside. */
  readonly colour: `#${string}`;
}

/** In the order in which the U-net runs them. */
export const blocks: readonly Block[] = paperBlocks.map((block) => ({
  ...block,
  colour: blockColours[block.name],
}));
