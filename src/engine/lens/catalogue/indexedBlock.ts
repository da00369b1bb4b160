import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { modelError } from '../../../protocol/errors.ts';
import type { ExamplePicture, FeatureFigures } from '../../../protocol/indexSearch.ts';
import type { IndexSummary } from '../../../protocol/indexes.ts';
import { decodePeak, type StoredPeak } from '../../store/featureDetail.ts';
import { IndexReader } from '../../store/indexDatabase.ts';
import { readShippedLabels, type ShippedLabels } from '../../store/shippedLabels.ts';
import type { FoundIndex } from './findIndexes.ts';

/** Features read between two breaths of the event loop: a few ms. */
const chunkSize = 512;
/** Active in more than this share of pictures: always on. */
const alwaysOnShare = 0.9;

/** One block's index with the figures of all its features in memory: about 100 bytes a feature, and its words. */
export class IndexedBlock {
  readonly summary: IndexSummary;
  readonly stagePath: string;
  readonly reader: IndexReader;
  readonly nFeatures: number;
  readonly density: Float64Array;
  readonly pictureShare: Float64Array;
  readonly mean: Float64Array;
  readonly std: Float64Array;
  readonly max: Float64Array;
  readonly locality: Float64Array;
  readonly activeSamples: Float64Array;
  readonly activePictures: Float64Array;
  /** Mean and standard deviation over pictures of the picture's mean over samples. */
  readonly pictureMean: Float64Array;
  readonly pictureStd: Float64Array;
  /** Separated by spaces, best first. */
  readonly words: string[] = [];
  /** Labels that lie beside its SAE. */
  readonly shipped: ShippedLabels | undefined;
  readonly automatic: ({ readonly text: string; readonly confidence: number | null } | null)[] = [];

  private constructor(
    { summary, stagePath }: FoundIndex,
    reader: IndexReader,
    shipped: ShippedLabels | undefined,
  ) {
    this.summary = summary;
    this.stagePath = stagePath;
    this.reader = reader;
    this.shipped = shipped;
    const n = summary.nFeatures;
    this.nFeatures = n;
    const column = (): Float64Array => new Float64Array(n);
    this.density = column();
    this.pictureShare = column();
    this.mean = column();
    this.std = column();
    this.max = column();
    this.locality = column();
    this.activeSamples = column();
    this.activePictures = column();
    this.pictureMean = column();
    this.pictureStd = column();
  }

  /**
   * @param onProblem told why labels beside the SAE cannot be read; the block then does without
   * @throws `model` for an index that lacks features
   */
  static async load(found: FoundIndex, onProblem: (text: string) => void): Promise<IndexedBlock> {
    const reader = new IndexReader(found.summary.path);
    try {
      const block = new IndexedBlock(found, reader, shippedLabelsOf(found, onProblem));
      for (let from = 0; from < block.nFeatures; from += chunkSize) {
        block.#read(from, Math.min(block.nFeatures, from + chunkSize));
        await setImmediate();
      }
      return block;
    } catch (error) {
      reader.close();
      throw error;
    }
  }

  #read(from: number, to: number): void {
    const rows = this.reader.figures(from, to);
    if (rows.length !== to - from) {
      throw modelError(`The index ${this.summary.path} lacks features between ${from} and ${to}.`);
    }
    const { sampleCount, pictureCount } = this.summary;
    const samplesOfPicture = sampleCount / pictureCount;
    for (const row of rows) {
      const { id, active_samples: samples, active_pictures: pictures } = row;
      this.activeSamples[id] = samples;
      this.activePictures[id] = pictures;
      this.density[id] = samples / sampleCount;
      this.pictureShare[id] = pictures / pictureCount;
      this.max[id] = row.strength_max;
      if (samples > 0) {
        const mean = row.strength_sum / samples;
        this.mean[id] = mean;
        this.std[id] = Math.sqrt(Math.max(0, row.strength_squares / samples - mean * mean));
        this.locality[id] = 1 - samples / (pictures * samplesOfPicture);
      }
      const pictureMean = row.picture_sum / pictureCount;
      this.pictureMean[id] = pictureMean;
      this.pictureStd[id] = Math.sqrt(
        Math.max(0, row.picture_squares / pictureCount - pictureMean * pictureMean),
      );
      this.words[id] = row.words;
      const { automatic_label: text, automatic_confidence: confidence } = row;
      this.automatic[id] = text === null ? null : { text, confidence };
    }
  }

  isDead(id: number): boolean {
    return this.activeSamples[id] === 0;
  }

  isAlwaysOn(id: number): boolean {
    return this.pictureShare[id]! > alwaysOnShare;
  }

  figures(id: number): FeatureFigures {
    return {
      density: this.density[id]!,
      pictureShare: this.pictureShare[id]!,
      mean: this.mean[id]!,
      std: this.std[id]!,
      max: this.max[id]!,
      locality: this.locality[id]!,
      isDead: this.isDead(id),
      isAlwaysOn: this.isAlwaysOn(id),
    };
  }

  best(id: number): ExamplePicture | null {
    const bytes = this.reader.best(id);
    return bytes ? this.example(decodePeak(bytes)) : null;
  }

  /** A peak as it is shown: with its prompt, its file and the scheduler's step. */
  example({ picture, value, cell, step }: StoredPeak): ExamplePicture {
    const stored = this.reader.picture(picture);
    const file = stored?.file;
    return {
      pictureIndex: picture,
      prompt: stored?.prompt ?? '',
      seed: stored?.seed ?? 0,
      path: file ? join(dirname(this.summary.path), 'pictures', file) : null,
      peak: value,
      stepIndex: this.summary.stepIndices[step] ?? 0,
      peakCell: cell,
    };
  }
}

function shippedLabelsOf(
  { summary, saeFolder }: FoundIndex,
  onProblem: (text: string) => void,
): ShippedLabels | undefined {
  try {
    return readShippedLabels(saeFolder, summary.saeSha256, summary.nFeatures);
  } catch (error) {
    onProblem((error as Error).message);
    return undefined;
  }
}
