/** Named limits at the door: what a picture file may hold. */

/** The largest file that is read. */
export const fileSizeBytesMax = 200e6;
/** 50 megapixels: a large camera's. Decoded they take 150 MB. */
export const pixelsMax = 50_000_000;
/** Longest side, in pixels; what JPEG can say at all. */
export const sideMax = 65_535;
/** All text of one file; ComfyUI's workflows have some hundred kB. */
export const textBytesMax = 4e6;
/** A decoder that takes longer has met something made to take long. */
export const decodeMsMax = 60_000;
