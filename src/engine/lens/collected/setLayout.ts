/** Where things lie in the folder of a collected set. */

export const manifestName = 'collection.json';
/** One line a batch, added after all its files are on disk: a batch without a line does not exist. */
export const rowsName = 'rows.jsonl';
/** Held by who writes to the set. */
export const lockName = '.lock';
const shardsDir = 'shards';
const picturesDir = 'pictures';

/** More files than this in one folder make file managers and some file systems slow. */
const filesPerFolder = 1000;

const padded = (value: number, length: number): string => String(value).padStart(length, '0');
const folderOf = (index: number): string => padded(Math.floor(index / filesPerFolder), 4);

/** `pictures/0012/0012345.png`, relative to the set's folder. */
export const pictureName = (index: number): string =>
  `${picturesDir}/${folderOf(index)}/${padded(index, 7)}.png`;

/** `shards/0000/0000042.safetensors`, relative to the set's folder. */
export const shardName = (batchIndex: number): string =>
  `${shardsDir}/${folderOf(batchIndex)}/${padded(batchIndex, 7)}.safetensors`;
