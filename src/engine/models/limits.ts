/** Named limits at the door: what a model folder may hold and what a request may ask for. */

/** Configurations; the largest met is 4 kB. */
export const configSizeBytesMax = 2 ** 20;
/** `vocab.json` and `merges.txt`; CLIP's are 1.1 MB and 0.5 MB. */
export const vocabularySizeBytesMax = 2 ** 25;
/** Token ids stay below this; CLIP has 49,408. */
export const tokenIdLimit = 2 ** 24;
/** A protobuf message, so a graph file, ends here; larger models keep their weights in external data. */
export const graphSizeBytesMax = 2 ** 31 - 1;

/** About a hundred times what a text encoder sees; keeps an accidental paste out of manifests and stores. */
export const promptLengthMax = 10_000;
export const stepsMax = 1000;
export const guidanceScaleMax = 50;
export const seedMax = 2 ** 32 - 1;
/** Pictures from a quarter to twice the width that the model was trained at; beyond, nothing useful comes out. */
export const sizeRange = { smallest: 1 / 4, largest: 2 } as const;
/** Graphs up to this size are read by us, to check their external data and to cut them; SDXL's U-net has 7 MB. */
export const graphReadBytesMax = 2 ** 26;
