/** One of the four transformer stages of SDXL's U-net that this product is about; "block" in the interface. */
export interface PaperBlock {
  readonly name: string;
  /** Module path in diffusers, for tooltips. */
  readonly path: string;
  /** What Surkov et al. 2024 say the block does: the paper's word, not a fact about the model at hand. */
  readonly role: string;
}

/** In the order in which the U-net runs them. */
export const paperBlocks = [
  { name: 'down.2.1', path: 'unet.down_blocks.2.attentions.1', role: 'composition' },
  { name: 'mid.0', path: 'unet.mid_block.attentions.0', role: 'abstract, spatial relations' },
  { name: 'up.0.0', path: 'unet.up_blocks.0.attentions.0', role: 'details' },
  { name: 'up.0.1', path: 'unet.up_blocks.0.attentions.1', role: 'style' },
] as const satisfies readonly PaperBlock[];
