import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { modelError } from '../../protocol/errors.ts';

/** A picture in which a feature was strongest at some place; places of the index, not of the screen. */
export interface StoredPeak {
  readonly picture: number;
  readonly value: number; // f32
  readonly cell: number;
  /** Place in the index's `stepIndices`. */
  readonly step: number;
}

/** A map in the cells that are not 0: u8 in steps of peak / 255, at least 1. */
export interface StoredMap {
  readonly cells: Uint16Array;
  readonly levels: Uint8Array;
}

/** What is kept of one feature beside its figures. */
export interface FeatureDetail {
  readonly facts: FeatureFacts;
  /** Mean strength of each cell in steps of `facts.priorMax` / 255. */
  readonly prior: Uint8Array; // [cells]
  /** In the order of the protocol's `exampleIntervals`. */
  readonly intervals: readonly (readonly {
    readonly peak: StoredPeak;
    readonly map: StoredMap;
  }[])[];
  readonly hardNegatives: readonly StoredPeak[];
  readonly randomNegatives: readonly number[];
}

const count = z.number().nonnegative();
const id = z.int().nonnegative();
const factsSchema = z.object({
  /** Active samples by bin of `numerics/strengthBins.ts`, from bin `histogramFrom` on. */
  histogramFrom: id,
  histogram: z.array(count).max(64),
  /** Active samples by step. */
  steps: z.array(count).max(1000),
  priorMax: count,
  /** word, pictures with both, pictures with the word, tf · idf, balanced accuracy */
  words: z.array(z.tuple([z.string().max(64), count, count, z.number(), z.number()])).max(64),
  areWordsExact: z.boolean(),
  /** id, cosine */
  neighbours: z.array(z.tuple([id, z.number()])).max(64),
  /** diffusers path, id, cosine */
  elsewhere: z.array(z.tuple([z.string().max(200), id, z.number()])).max(64),
  /** id, PMI, samples */
  coActive: z.array(z.tuple([id, z.number(), count])).max(64),
  isCoActivityExact: z.boolean(),
  areIntervalsExact: z.boolean(),
});
export type FeatureFacts = z.infer<typeof factsSchema>;

const peakBytes = 11;
const detailBytesMax = 16 * 2 ** 20;

/**
 * `detail` of a feature's row: raw deflate of, little-endian, u32 size and JSON of the facts; u8 prior of each cell; then
 * for each interval u8 how many examples, each a peak (i32 picture, f32 value, u16 cell, u8 step), u16 n, n times u16
 * cell, n times u8 level; u8 how many hard negatives, each a peak; u8 how many random negatives, each i32.
 */
export function encodeDetail(detail: FeatureDetail): Uint8Array {
  const json = Buffer.from(JSON.stringify(detail.facts));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(json.length);
  const parts: Uint8Array[] = [size, json, detail.prior];
  for (const examples of detail.intervals) {
    parts.push(Uint8Array.of(examples.length));
    for (const { peak, map } of examples) {
      const cells = Buffer.alloc(2 + 2 * map.cells.length);
      cells.writeUInt16LE(map.cells.length);
      map.cells.forEach((cell, i) => cells.writeUInt16LE(cell, 2 + 2 * i));
      parts.push(encodePeak(peak), cells, map.levels);
    }
  }
  parts.push(Uint8Array.of(detail.hardNegatives.length), ...detail.hardNegatives.map(encodePeak));
  const negatives = Buffer.alloc(1 + 4 * detail.randomNegatives.length);
  negatives.writeUInt8(detail.randomNegatives.length);
  detail.randomNegatives.forEach((picture, i) => negatives.writeInt32LE(picture, 1 + 4 * i));
  parts.push(negatives);
  return deflateRawSync(Buffer.concat(parts), { level: 9 });
}

/** @throws `model` for bytes that are not such a record, or name cells outside the grid */
export function decodeDetail(
  bytes: Uint8Array,
  { cellCount, intervalCount }: { readonly cellCount: number; readonly intervalCount: number },
): FeatureDetail {
  try {
    const data = inflateRawSync(bytes, { maxOutputLength: detailBytesMax });
    let at = 0;
    const take = (size: number): Buffer => {
      if (at + size > data.length) throw new RangeError('it ends too early');
      at += size;
      return data.subarray(at - size, at);
    };
    const facts = factsSchema.parse(JSON.parse(take(take(4).readUInt32LE()).toString('utf8')));
    const prior = Uint8Array.from(take(cellCount));
    const intervals = Array.from({ length: intervalCount }, () =>
      Array.from({ length: take(1).readUInt8() }, () => {
        const peak = decodePeak(take(peakBytes));
        const size = take(2).readUInt16LE();
        const places = take(2 * size);
        const cells = Uint16Array.from({ length: size }, (_, i) => places.readUInt16LE(2 * i));
        if (cells.some((cell) => cell >= cellCount)) throw new RangeError('it names no cell');
        return { peak, map: { cells, levels: Uint8Array.from(take(size)) } };
      }),
    );
    const hardNegatives = Array.from({ length: take(1).readUInt8() }, () =>
      decodePeak(take(peakBytes)),
    );
    const negatives = take(1).readUInt8();
    const randomNegatives = Array.from({ length: negatives }, () => take(4).readInt32LE());
    return { facts, prior, intervals, hardNegatives, randomNegatives };
  } catch (error) {
    throw modelError(`A feature's record in the index is damaged: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

export function encodePeak({ picture, value, cell, step }: StoredPeak): Uint8Array {
  const bytes = Buffer.alloc(peakBytes);
  bytes.writeInt32LE(picture);
  bytes.writeFloatLE(value, 4);
  bytes.writeUInt16LE(cell, 8);
  bytes.writeUInt8(step, 10);
  return bytes;
}

/** @throws `model` for bytes of another size */
export function decodePeak(bytes: Uint8Array): StoredPeak {
  if (bytes.length !== peakBytes) throw modelError("A feature's best picture is damaged.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    picture: view.getInt32(0, true),
    value: view.getFloat32(4, true),
    cell: view.getUint16(8, true),
    step: view.getUint8(10),
  };
}

/** Maps while an index is made: u16 n, n times u16 cell, n times u8 level. */
export function encodeMap({ cells, levels }: StoredMap): Uint8Array {
  const bytes = Buffer.alloc(2 + 3 * cells.length);
  bytes.writeUInt16LE(cells.length);
  cells.forEach((cell, i) => bytes.writeUInt16LE(cell, 2 + 2 * i));
  bytes.set(levels, 2 + 2 * cells.length);
  return bytes;
}

export function decodeMap(bytes: Uint8Array): StoredMap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint16(0, true);
  return {
    cells: Uint16Array.from({ length: size }, (_, i) => view.getUint16(2 + 2 * i, true)),
    levels: bytes.slice(2 + 2 * size, 2 + 3 * size),
  };
}
