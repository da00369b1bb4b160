import { FeaturescopeError, modelError } from '../../../protocol/errors.ts';
import type { Provider } from '../../../protocol/provider.ts';
import type { TensorRef } from '../../../protocol/tensors.ts';
import { type InstalledSae, saeSpecOf } from '../../models/sae/installedSaes.ts';
import { readSae } from '../../models/sae/saeStore.ts';
import { encodeGraph } from '../../onnx/encodeGraph.ts';
import type { SaeSpec } from '../../onnx/saeSpec.ts';
import type { Ort, OrtSession } from '../../ort/ort.ts';

/** Sums over the cells of one call, for explained variance. All f32 `[dModel]`. */
export interface EncodedSums {
  readonly sampleSum: Float32Array;
  readonly sampleSquares: Float32Array;
  readonly errorSum: Float32Array;
  readonly errorSquares: Float32Array;
}

export interface EncodedCells {
  readonly cellCount: number;
  readonly listSize: number;
  /** Pre-activations, descending in each cell; `isActive` says which are codes. */
  readonly values: Float32Array; // [cells, listSize]
  readonly ids: Int32Array; // [cells, listSize]
  readonly sums: EncodedSums;
}

export interface EncoderOptions {
  readonly provider: Provider;
  readonly threadCount: number;
  /** Of rules without a fixed k: where to start. Grows when a cell has more active features. */
  readonly listSize?: number;
}

const openListSize = 64;
/** Multiply-adds of one run: about 0.1 s on two cores, so that a preview never waits long behind it. */
const runMacs = 4e9;

/**
 * One SAE's encoder in the runner, without the U-net: codes of cells of ΔD that are already there, and the runners-up.
 * Loaded on first use, and again when the runner has gone meanwhile.
 */
export class SaeEncoder {
  readonly sae: InstalledSae;
  readonly spec: SaeSpec;
  readonly #ort: Ort;
  readonly #options: EncoderOptions;
  readonly #thresholds: Float32Array | undefined;
  #listSize: number;
  #session: OrtSession | undefined;

  private constructor(
    ort: Ort,
    sae: InstalledSae,
    options: EncoderOptions,
    thresholds: Float32Array | undefined,
  ) {
    this.#ort = ort;
    this.sae = sae;
    this.#options = options;
    this.#thresholds = thresholds;
    this.spec = saeSpecOf(sae.manifest, sae.manifest.weights.name);
    const { activation, nFeatures } = this.spec;
    const wanted =
      activation.kind === 'topk' ? 2 * activation.k : (options.listSize ?? openListSize);
    this.#listSize = Math.min(nFeatures, wanted);
  }

  /** @throws `model` for an SAE whose files do not agree, `invalidInput` for one that reads outputs instead of updates */
  static async open(ort: Ort, sae: InstalledSae, options: EncoderOptions): Promise<SaeEncoder> {
    const { definition } = await readSae(sae.folder);
    if (definition.target !== 'update') {
      throw modelError(
        `The SAE of ${sae.stagePath} encodes "${definition.target}"; collected sets hold updates (output - input) only.`,
      );
    }
    return new SaeEncoder(ort, sae, options, definition.threshold);
  }

  get listSize(): number {
    return this.#listSize;
  }

  /** Cells that one run should have. */
  get cellsPerRun(): number {
    return Math.max(1, Math.floor(runMacs / (this.spec.dModel * this.spec.nFeatures)));
  }

  /** Whether an entry of a cell's list is a code, by the SAE's rule. @param place in the list, from 0 */
  isActive(value: number, id: number, place: number): boolean {
    const { activation } = this.spec;
    if (activation.kind === 'topk') return place < activation.k && value > 0;
    if (activation.kind === 'relu') return value > 0;
    const thresholds = this.#thresholds;
    return (
      value > 0 && value > (thresholds?.length === 1 ? thresholds[0]! : (thresholds?.[id] ?? 0))
    );
  }

  /**
   * @param hidden f32 `[cells, dModel]`
   * @param shift f32 `[dModel]`, near the samples' mean: sums of squares around it do not cancel
   * @throws `cancelled`, `closed` when the runner ended twice meanwhile
   */
  async encode(
    hidden: Float32Array,
    shift: Float32Array,
    signal: AbortSignal,
  ): Promise<EncodedCells> {
    for (let attempt = 0; ; attempt++) {
      try {
        const encoded = await this.#run(hidden, shift, signal);
        if (encoded) return encoded;
      } catch (error) {
        // Somebody's cancel may have ended the runner that all share; what was asked here has no effect but its answer.
        const isGone = error instanceof FeaturescopeError && error.code === 'closed';
        if (!isGone || signal.aborted || attempt > 0) throw error;
      }
    }
  }

  /** @returns undefined when the list was too short; it is longer now */
  async #run(
    hidden: Float32Array,
    shift: Float32Array,
    signal: AbortSignal,
  ): Promise<EncodedCells | undefined> {
    const { dModel, nFeatures } = this.spec;
    const cellCount = hidden.length / dModel;
    const session = await this.#open(signal);
    const { outputs } = await session.run(
      {
        hidden: { dtype: 'float32', dims: [1, cellCount, dModel], data: hidden },
        shift: { dtype: 'float32', dims: [dModel], data: shift },
      },
      Object.fromEntries(session.outputs.map(({ name }) => [name, 'value' as const])),
      signal,
    );
    const active = integers(outputs['active']).reduce((max, count) => Math.max(max, count), 0);
    if (active > this.#listSize && this.#listSize < nFeatures) {
      this.#listSize = Math.min(nFeatures, 2 ** Math.ceil(Math.log2(active + 1)));
      await this.close();
      return undefined;
    }
    return {
      cellCount,
      listSize: this.#listSize,
      values: floats(outputs['values']),
      ids: integers(outputs['ids']),
      sums: {
        sampleSum: floats(outputs['sampleSum']),
        sampleSquares: floats(outputs['sampleSquares']),
        errorSum: floats(outputs['errorSum']),
        errorSquares: floats(outputs['errorSquares']),
      },
    };
  }

  async #open(signal: AbortSignal): Promise<OrtSession> {
    if (this.#session?.isAlive) return this.#session;
    const { bytes } = encodeGraph(this.spec, this.#listSize);
    const graph = { bytes, externalDataDir: this.sae.folder };
    const { provider, threadCount } = this.#options;
    this.#session = await this.#ort.createSession({ graph, provider, threadCount }, signal);
    return this.#session;
  }

  async close(): Promise<void> {
    await this.#session?.release();
    this.#session = undefined;
  }
}

function floats(tensor: TensorRef | undefined): Float32Array {
  if (tensor && 'data' in tensor && tensor.data instanceof Float32Array) return tensor.data;
  throw modelError('The encoder returned no float32 values.');
}

function integers(tensor: TensorRef | undefined): Int32Array {
  if (tensor && 'data' in tensor && tensor.data instanceof Int32Array) return tensor.data;
  throw modelError('The encoder returned no int32 values.');
}
