import { modelError } from '../../../protocol/errors.ts';
import { CoActivity } from './coActivity.ts';
import { type Peak, PeakSample, StrongestPeaks } from './examplePlaces.ts';
import { FeatureSums, type IndexShape, type StateArrays } from './featureSums.ts';
import { FitOfSteps } from './fitFigures.ts';
import { FrequentKeys } from './frequentKeys.ts';
import { Vocabulary } from './promptWords.ts';
import type { EncodedCells, SaeEncoder } from './saeEncoder.ts';

/** Words counted a feature: exact while its pictures have at most so many different ones. */
const wordsPerFeature = 256;
const hardNegativesKept = 16;
/** Pictures of which it is known for every feature whether it is active: random negatives come from them. */
const panelMax = 512;

/**
 * All that is known of one SAE's features after some pictures: grows with features and cells, never with pictures. The
 * same pictures in the same order give the same state, wherever it was written to disk and read back between.
 */
export class IndexState {
  readonly shape: IndexShape;
  readonly sums: FeatureSums;
  readonly coActivity: CoActivity;
  readonly strongest: StrongestPeaks;
  readonly sample: PeakSample;
  /** Strongest pre-activations of pictures in which the feature is not active at all. */
  readonly nearMisses: StrongestPeaks;
  readonly words: FrequentKeys;
  readonly fit: FitOfSteps;
  readonly panel: readonly number[];
  vocabulary = new Vocabulary();
  donePictures = 0;
  /** Mean of the first samples, which all squares are taken around. */
  readonly shift: Float32Array; // [dModel]

  readonly #panelBits: Uint8Array; // [n, panel / 8]
  readonly #panelPlaces: ReadonlyMap<number, number>;
  // Of the picture at hand, by feature; cleared after each.
  readonly #strength: Float64Array;
  readonly #peak: Float32Array;
  readonly #peakPlace: Int32Array;
  readonly #miss: Float32Array;
  readonly #missPlace: Int32Array;
  readonly #touched: number[] = [];
  readonly #missed: number[] = [];
  #activeOfCell: Int32Array;

  constructor(shape: IndexShape) {
    const { nFeatures: n, examplesPerInterval, exampleLimit, pictureCount } = shape;
    this.shape = shape;
    this.sums = new FeatureSums(shape);
    this.coActivity = new CoActivity(n);
    this.strongest = new StrongestPeaks(n, examplesPerInterval);
    this.sample = new PeakSample(n);
    this.nearMisses = new StrongestPeaks(n, hardNegativesKept);
    this.words = new FrequentKeys(n, wordsPerFeature);
    this.fit = new FitOfSteps(shape);
    this.shift = new Float32Array(shape.dModel);
    const shown = Math.min(exampleLimit, pictureCount);
    const panelSize = Math.min(panelMax, shown);
    this.panel = Array.from({ length: panelSize }, (_, i) => Math.floor((i * shown) / panelSize));
    this.#panelPlaces = new Map(this.panel.map((picture, place) => [picture, place]));
    this.#panelBits = new Uint8Array(n * Math.ceil(panelMax / 8));
    this.#strength = new Float64Array(n);
    this.#peak = new Float32Array(n);
    this.#peakPlace = new Int32Array(n);
    this.#miss = new Float32Array(n);
    this.#missPlace = new Int32Array(n);
    this.#activeOfCell = new Int32Array(64);
  }

  /**
   * One picture, encoded at each step.
   *
   * @param steps codes of several pictures each, step by step
   * @param place of the picture in them
   */
  addPicture(
    picture: number,
    prompt: string,
    steps: readonly EncodedCells[],
    place: number,
    encoder: Pick<SaeEncoder, 'isActive'>,
  ): void {
    const { cellCount } = this.shape;
    steps.forEach((encoded, step) => {
      let activeCount = 0;
      for (let cell = 0; cell < cellCount; cell++) {
        activeCount += this.#addCell(encoded, place * cellCount + cell, cell, step, encoder);
      }
      this.fit.addActive(step, activeCount);
    });
    const wordIds = this.vocabulary.add(prompt);
    const isShown = picture < this.shape.exampleLimit;
    const panelPlace = this.#panelPlaces.get(picture);
    for (const id of this.#touched) {
      const strength = this.#strength[id]!;
      this.sums.addPicture(id, strength);
      const mean = strength / (cellCount * this.shape.stepCount);
      for (const word of wordIds) this.words.add(id, word, mean);
      if (isShown) {
        const peak = peakOf(picture, this.#peak[id]!, this.#peakPlace[id]!, cellCount);
        this.strongest.add(id, peak);
        this.sample.add(id, peak);
      }
      if (panelPlace !== undefined) {
        this.#panelBits[id * Math.ceil(panelMax / 8) + (panelPlace >> 3)]! |= 1 << (panelPlace & 7);
      }
    }
    for (const id of this.#missed) {
      if (isShown && this.#strength[id] === 0) {
        const peak = peakOf(picture, this.#miss[id]!, this.#missPlace[id]! - 1, cellCount);
        this.nearMisses.add(id, peak);
      }
      this.#missPlace[id] = 0;
    }
    for (const id of this.#touched) {
      this.#strength[id] = 0;
      this.#peak[id] = 0;
    }
    this.#touched.length = 0;
    this.#missed.length = 0;
    this.donePictures = picture + 1;
  }

  /** @returns how many features are active in the cell */
  #addCell(
    { listSize, ids, values }: EncodedCells,
    row: number,
    cell: number,
    step: number,
    encoder: Pick<SaeEncoder, 'isActive'>,
  ): number {
    if (this.#activeOfCell.length < listSize) this.#activeOfCell = new Int32Array(listSize);
    const peakPlace = step * this.shape.cellCount + cell;
    let activeCount = 0;
    for (let place = 0; place < listSize; place++) {
      const id = ids[row * listSize + place]!;
      const value = values[row * listSize + place]!;
      if (!encoder.isActive(value, id, place)) {
        this.#addMiss(id, value, peakPlace);
        continue;
      }
      this.#activeOfCell[activeCount++] = id;
      this.sums.addSample(id, value, cell, step);
      if (this.#strength[id] === 0) this.#touched.push(id);
      this.#strength[id]! += value;
      if (value > this.#peak[id]!) {
        this.#peak[id] = value;
        this.#peakPlace[id] = peakPlace;
      }
    }
    this.coActivity.add(this.#activeOfCell, activeCount);
    return activeCount;
  }

  /** `missPlace` holds the place + 1, so that 0 means none. */
  #addMiss(id: number, value: number, place: number): void {
    if (this.#missPlace[id] === 0) this.#missed.push(id);
    else if (value <= this.#miss[id]!) return;
    this.#miss[id] = value;
    this.#missPlace[id] = place + 1;
  }

  /** Whether the feature is active in the picture of that place of the panel. */
  isActiveInPanel(id: number, place: number): boolean {
    const byte = this.#panelBits[id * Math.ceil(panelMax / 8) + (place >> 3)]!;
    return ((byte >> (place & 7)) & 1) === 1;
  }

  arrays(): StateArrays {
    return {
      ...this.sums.arrays(),
      ...this.coActivity.arrays(),
      ...this.strongest.arrays('strongest'),
      ...this.sample.arrays('sample'),
      ...this.nearMisses.arrays('nearMisses'),
      ...this.words.arrays('words'),
      ...this.fit.arrays(),
      shift: this.shift,
      panelBits: this.#panelBits,
    };
  }

  /** @throws `model` when an array is missing or of another size */
  restore(
    bytesOf: (name: string) => Uint8Array | undefined,
    vocabulary: string,
    done: number,
  ): void {
    for (const [name, array] of Object.entries(this.arrays())) {
      const bytes = bytesOf(name);
      if (bytes?.byteLength !== array.byteLength) {
        throw modelError(
          `The unfinished index has no usable "${name}"; remove it and index again.`,
        );
      }
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(bytes);
    }
    this.vocabulary = Vocabulary.fromJson(vocabulary);
    this.donePictures = done;
  }
}

/** @param place `step · cells + cell` */
const peakOf = (picture: number, value: number, place: number, cellCount: number): Peak => ({
  picture,
  value,
  cell: place % cellCount,
  step: Math.floor(place / cellCount),
});
