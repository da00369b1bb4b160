const stage =
  /(?:^|[^A-Za-z_])((?:unet\.)?(?:(?:down|up)_blocks\.\d+|mid_block)\.attentions\.\d+)(?![\d])/;

/**
 * The diffusers path of a stage inside a longer name, such as sdxl-unbox's
 * `unet.mid_block.attentions.0_k10_hidden5120_auxk256_bs4096_lr0.0001`; always with the prefix `unet.`.
 */
export function findBlockPath(text: string): string | undefined {
  const found = stage.exec(text)?.[1];
  if (found === undefined) return undefined;
  return found.startsWith('unet.') ? found : `unet.${found}`;
}
