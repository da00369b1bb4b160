import { paperBlocks, type PaperBlock } from '../../src/protocol/paperBlocks.ts';

export interface Block extends PaperBlock {
  /** Never the only mark of a block: its name stands beside. */
  readonly colour: `#${string}`;
}

const colours: Readonly<Record<(typeof paperBlocks)[number]['name'], Block['colour']>> = {
  'down.2.1': '#3f8fe4',
  'mid.0': '#bd8728',
  'up.0.0': '#227755',
  'up.0.1': '#e43fa2',
};

/**
 * In the order in which the U-net runs them. The colours keep a distance of 12 (Oklab x 100) from each other for
 * normal, protan, deutan and tritan sight, and a contrast of 3 to white and to #1f1f1f (blocks.test.ts); the
 * customary Okabe-Ito four come to 7.6 and fail on white.
 */
export const blocks: readonly Block[] = paperBlocks.map((block) => ({
  ...block,
  colour: colours[block.name],
}));
