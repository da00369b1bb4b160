import type { StateArrays } from './featureSums.ts';

/** Where in a picture something was strongest. */
export interface Peak {
  readonly picture: number;
  readonly value: number;
  readonly cell: number;
  readonly step: number;
}

/** Fixed rows of peaks, one row a feature, as flat arrays. */
class PeakTable {
  readonly picture: Int32Array;
  readonly value: Float32Array;
  readonly cell: Uint16Array;
  readonly step: Uint8Array;
  readonly used: Uint16Array;
  readonly width: number;

  constructor(rows: number, width: number) {
    this.width = width;
    this.picture = new Int32Array(rows * width);
    this.value = new Float32Array(rows * width);
    this.cell = new Uint16Array(rows * width);
    this.step = new Uint8Array(rows * width);
    this.used = new Uint16Array(rows);
  }

  put(at: number, { picture, value, cell, step }: Peak): void {
    this.picture[at] = picture;
    this.value[at] = value;
    this.cell[at] = cell;
    this.step[at] = step;
  }

  at(at: number): Peak {
    return {
      picture: this.picture[at]!,
      value: this.value[at]!,
      cell: this.cell[at]!,
      step: this.step[at]!,
    };
  }

  move(from: number, to: number): void {
    this.put(to, this.at(from));
  }

  row(id: number): Peak[] {
    return Array.from({ length: this.used[id]! }, (_, i) => this.at(id * this.width + i));
  }

  arrays(prefix: string): StateArrays {
    return {
      [`${prefix}.picture`]: this.picture,
      [`${prefix}.value`]: this.value,
      [`${prefix}.cell`]: this.cell,
      [`${prefix}.step`]: this.step,
      [`${prefix}.used`]: this.used,
    };
  }
}

/** The strongest peaks of each feature, strongest first, ties by lower picture. */
export class StrongestPeaks {
  readonly #table: PeakTable;

  constructor(featureCount: number, kept: number) {
    this.#table = new PeakTable(featureCount, kept);
  }

  add(id: number, peak: Peak): void {
    const table = this.#table;
    const first = id * table.width;
    const used = table.used[id]!;
    // Pictures come in order, so an equal later one is behind.
    if (used === table.width && !(peak.value > table.value[first + used - 1]!)) return;
    let place = first + Math.min(used, table.width - 1);
    for (; place > first && table.value[place - 1]! < peak.value; place--) {
      table.move(place - 1, place);
    }
    table.put(place, peak);
    if (used < table.width) table.used[id] = used + 1;
  }

  /** Strongest first. */
  of(id: number): readonly Peak[] {
    return this.#table.row(id);
  }

  arrays(prefix: string): StateArrays {
    return this.#table.arrays(prefix);
  }
}

/** Active pictures that are kept of each feature: quantiles are exact up to so many. */
export const sampleSize = 512;

/**
 * An even sample of each feature's active pictures: those whose indices hash lowest. Which ones these are does not
 * depend on the order in which pictures come.
 */
export class PeakSample {
  /** A heap in each row, the highest hash at its root. */
  readonly #table: PeakTable;

  constructor(featureCount: number, size = sampleSize) {
    this.#table = new PeakTable(featureCount, size);
  }

  add(id: number, peak: Peak): void {
    const table = this.#table;
    const first = id * table.width;
    const used = table.used[id]!;
    const hash = hashOf(peak.picture);
    const hashAt = (place: number): number => hashOf(table.picture[first + place]!);
    if (used < table.width) {
      let place = used;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (hashAt(parent) >= hash) break;
        table.move(first + parent, first + place);
        place = parent;
      }
      table.put(first + place, peak);
      table.used[id] = used + 1;
      return;
    }
    if (hash >= hashAt(0)) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= used) break;
      if (child + 1 < used && hashAt(child + 1) > hashAt(child)) child++;
      if (hashAt(child) <= hash) break;
      table.move(first + child, first + place);
      place = child;
    }
    table.put(first + place, peak);
  }

  /** In the order of their hashes: the first m are an even sample of m. */
  of(id: number): readonly Peak[] {
    return this.#table.row(id).sort((a, b) => hashOf(a.picture) - hashOf(b.picture));
  }

  arrays(prefix: string): StateArrays {
    return this.#table.arrays(prefix);
  }
}

/** A fixed order of pictures that has nothing to do with their content; no two of 2^32 are equal (murmur's finaliser). */
function hashOf(picture: number): number {
  let bits = (picture + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
