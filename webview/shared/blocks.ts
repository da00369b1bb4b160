/** One of the four transformer stages of SDXL's U-net that this product is about; "block" in the interface. */
export interface Block {
  readonly name: string;
  /** Module path in diffusers, for tooltips. */
  readonly path: string;
  /** What Surkov et al. 2024 say the block does: the paper's word, not a fact about the model at hand. */
  readonly role: string;
  /** Never the only mark of a block: its name stands beside. */
  readonly colour: `#${string}`;
}

/**
 * In the order in which the U-net runs them. The colours keep a distance of 12 (Oklab x 100) from each other for
 * normal, protan, deutan and tritan sight, and a contrast of 3 to white and to #1f1f1f (blocks.test.ts); the
 * customary Okabe-Ito four come to 7.6 and fail on white.
 */
export const blocks: readonly Block[] = [
  {
    name: 'down.2.1',
    path: 'unet.down_blocks.2.attentions.1',
    role: 'composition',
    colour: '#3f8fe4',
  },
  {
    name: 'mid.0',
    path: 'unet.mid_block.attentions.0',
    role: 'abstract, spatial relations',
    colour: '#bd8728',
  },
  { name: 'up.0.0', path: 'unet.up_blocks.0.attentions.0', role: 'details', colour: '#227755' },
  { name: 'up.0.1', path: 'unet.up_blocks.0.attentions.1', role: 'style', colour: '#e43fa2' },
];
