import { modelError } from '../../../protocol/errors.ts';
import { type InstalledSae, saeSpecOf } from '../../models/sae/installedSaes.ts';
import { cosineGraph } from '../../onnx/cosineGraph.ts';
import type { Ort, OrtSession } from '../../ort/ort.ts';

/** Multiply-adds of one run: about 0.1 s on two cores, so that a preview never waits long behind it. */
const runMacs = 4e9;

/** Cosines and ids of the nearest decoder rows, both `[rows, list]`, descending. */
export interface NearestRows {
  readonly list: number;
  readonly values: Float32Array;
  readonly ids: Int32Array;
}

/** Searches the decoder of one SAE by direction, in the runner. */
export class RowSearch {
  readonly sae: InstalledSae;
  readonly #ort: Ort;
  readonly #list: number;
  readonly #threadCount: number;
  #session: OrtSession | undefined;

  constructor(ort: Ort, sae: InstalledSae, list: number, threadCount: number) {
    this.#ort = ort;
    this.sae = sae;
    this.#list = Math.min(list, sae.manifest.nFeatures);
    this.#threadCount = threadCount;
  }

  /** Rows that one run should have. */
  get rowsPerRun(): number {
    const { dModel, nFeatures } = this.sae.manifest;
    return Math.max(1, Math.floor(runMacs / (dModel * nFeatures)));
  }

  /**
   * @param rows f32 `[rows, dModel]`, each of length 1
   * @param penalty f32 `[nFeatures]`, taken off the cosines: 4 leaves a feature out
   */
  async nearest(
    rows: Float32Array,
    penalty: Float32Array,
    signal: AbortSignal,
  ): Promise<NearestRows> {
    const { dModel, nFeatures } = this.sae.manifest;
    const session = await this.#open(signal);
    const { outputs } = await session.run(
      {
        rows: { dtype: 'float32', dims: [rows.length / dModel, dModel], data: rows },
        penalty: { dtype: 'float32', dims: [nFeatures], data: penalty },
      },
      { values: 'value', ids: 'value' },
      signal,
    );
    const { values, ids } = outputs;
    if (
      !(values && 'data' in values && values.data instanceof Float32Array) ||
      !(ids && 'data' in ids && ids.data instanceof Int32Array)
    ) {
      throw modelError('The search for nearest decoder rows returned no list.');
    }
    return { list: this.#list, values: values.data, ids: ids.data };
  }

  async #open(signal: AbortSignal): Promise<OrtSession> {
    if (this.#session?.isAlive) return this.#session;
    const { manifest, folder } = this.sae;
    const bytes = cosineGraph(saeSpecOf(manifest, manifest.weights.name), this.#list);
    this.#session = await this.#ort.createSession(
      {
        graph: { bytes, externalDataDir: folder },
        provider: 'cpu',
        threadCount: this.#threadCount,
      },
      signal,
    );
    return this.#session;
  }

  async close(): Promise<void> {
    await this.#session?.release();
    this.#session = undefined;
  }
}

/** Rows of a decoder as unit vectors; a row of zeros stays. @param decoder f32 `[n, dModel]` */
export function unitRows(decoder: Float32Array, dModel: number): Float32Array {
  const out = new Float32Array(decoder.length);
  for (let row = 0; row < decoder.length; row += dModel) {
    let squares = 0;
    for (let i = row; i < row + dModel; i++) squares += decoder[i]! * decoder[i]!;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = row; i < row + dModel; i++) out[i] = decoder[i]! * scale;
  }
  return out;
}
