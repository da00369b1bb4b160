/** Where a block's section is in the page. */
export const sectionId = (block: string): string => `block-${block}`;
