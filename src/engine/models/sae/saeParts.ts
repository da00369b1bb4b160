import { modelError } from '../../../protocol/errors.ts';
import { describeProof, isProven, proveOrientation, transpose } from './orientation.ts';
import { readFloat32, type StoredTensor } from './storedTensor.ts';
import type { OpenQuestion, SaeOrientation } from './saeDefinition.ts';
import { saeOrientations } from './saeDefinition.ts';

/** How a format writes a matrix: rows are features (`nd`) or rows are dimensions (`dn`). */
export type MatrixLayout = 'nd' | 'dn';

interface MatrixSource {
  readonly tensor: StoredTensor;
  readonly documented: MatrixLayout;
}

export interface SaeMatrices {
  readonly encoder: Float32Array; // [n, d]
  readonly decoder: Float32Array; // [n, d]
  readonly notes: readonly string[];
  readonly questions: readonly OpenQuestion[];
}

/** Takes tensors out of a file by name; what nobody took is refused at the end, since it might change the codes. */
export class TensorShelf {
  readonly #tensors: Map<string, StoredTensor>;
  readonly #what: string;

  constructor(tensors: ReadonlyMap<string, StoredTensor>, what: string) {
    this.#tensors = new Map(tensors);
    this.#what = what;
  }

  get(name: string): StoredTensor | undefined {
    const tensor = this.#tensors.get(name);
    this.#tensors.delete(name);
    return tensor;
  }

  /** Throws `model`, naming it, when the tensor is missing. */
  need(name: string): StoredTensor {
    const tensor = this.get(name);
    if (tensor === undefined) throw modelError(`${this.#what} has no tensor "${name}".`);
    return tensor;
  }

  /** A vector of the given length. Throws `model` for another shape or values that are not finite. */
  async vector(name: string, length?: number): Promise<Float32Array> {
    const tensor = this.need(name);
    if (tensor.shape.length !== 1 || (length !== undefined && tensor.shape[0] !== length)) {
      throw modelError(
        `${this.#what}: "${name}" has the shape [${tensor.shape.join(', ')}]${length === undefined ? '' : `, [${String(length)}] is needed`}.`,
      );
    }
    return finite(await readFloat32(tensor), name);
  }

  /** A single number. */
  async scalar(name: string): Promise<number> {
    const tensor = this.need(name);
    if (tensor.shape.some((dim) => dim !== 1)) {
      throw modelError(`${this.#what}: "${name}" has the shape [${tensor.shape.join(', ')}], one number is needed.`);
    }
    return (await readFloat32(tensor))[0] ?? NaN;
  }

  /** Throws `model` when tensors are left that this kind does not have. */
  refuseRest(): void {
    const rest = [...this.#tensors.keys()];
    if (rest.length === 0) return;
    const names = rest.slice(0, 5).map((name) => `"${name.slice(0, 60)}"`);
    throw modelError(`${this.#what} has tensors that this kind of SAE does not have: ${names.join(', ')}.`);
  }
}

function finite(values: Float32Array, name: string): Float32Array {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw modelError(`"${name}" holds ${String(values[bad])} at ${String(bad)}.`);
  return values;
}

/**
 * Reads encoder and decoder into `[n, d]`, whichever way round they lie: shapes decide where d and n differ; where they
 * are equal the decoder's even norms and the agreement of the rows do, and what they leave open becomes a question.
 *
 * @throws `model` when a shape fits neither way or a value is not finite
 */
export async function readMatrices(
  encoderSource: MatrixSource,
  decoderSource: MatrixSource,
  nFeatures: number,
  dModel: number,
): Promise<SaeMatrices> {
  const notes: string[] = [];
  const read = async ({ tensor, documented }: MatrixSource): Promise<Float32Array> => {
    const isNd = tensor.shape.length === 2 && tensor.shape[0] === nFeatures && tensor.shape[1] === dModel;
    const isDn = tensor.shape.length === 2 && tensor.shape[0] === dModel && tensor.shape[1] === nFeatures;
    if (!isNd && !isDn) {
      throw modelError(
        `"${tensor.name}" has the shape [${tensor.shape.join(', ')}]; d is ${String(dModel)} and n is ${String(nFeatures)}.`,
      );
    }
    const layout: MatrixLayout = isNd && isDn ? documented : isNd ? 'nd' : 'dn';
    if (layout !== documented) {
      notes.push(`"${tensor.name}" lies the other way round than its format says; its shape settles it.`);
    }
    const values = finite(await readFloat32(tensor), tensor.name);
    return layout === 'nd' ? values : transpose(values, dModel, nFeatures);
  };
  const encoder = await read(encoderSource);
  const decoder = await read(decoderSource);
  const proof = proveOrientation(encoder, decoder, nFeatures, dModel);
  if (nFeatures !== dModel) {
    const verdict = isProven(proof) ? 'Orientation proved' : 'Orientation follows from the shapes but is not proved';
    return { encoder, decoder, notes: [...notes, `${verdict}: ${describeProof(proof)}.`], questions: [] };
  }
  const suggested = guessSquareOrientation(encoder, decoder, dModel);
  if (suggested === 'as-documented') {
    return { encoder, decoder, notes: [...notes, `d = n, orientation as documented: ${describeProof(proof)}.`], questions: [] };
  }
  const question: OpenQuestion = {
    id: 'orientation',
    reason: `d = n = ${String(dModel)}, so shapes cannot tell rows from columns, and as documented ${describeProof(proof)}.`,
    choices: saeOrientations,
    ...(suggested === undefined ? {} : { suggested }),
  };
  return { encoder, decoder, notes: [...notes, 'd = n: the orientation is ambiguous.'], questions: [question] };
}

/** The decoder's features are the axis with even norms; the encoder's are those that then agree with it. */
function guessSquareOrientation(
  encoder: Float32Array,
  decoder: Float32Array,
  size: number,
): SaeOrientation | undefined {
  const rows = unevenness(decoder, size);
  const columns = unevenness(transpose(decoder, size, size), size);
  if (Math.max(rows, columns) < 3 * Math.min(rows, columns) + 1e-6) return undefined;
  const isDecoderTurned = columns < rows;
  const truth = isDecoderTurned ? transpose(decoder, size, size) : decoder;
  const asIs = proveOrientation(encoder, truth, size, size);
  const turned = proveOrientation(transpose(encoder, size, size), truth, size, size);
  if (isProven(asIs) === isProven(turned)) return undefined;
  const isEncoderTurned = isProven(turned);
  if (isDecoderTurned) return isEncoderTurned ? 'both-transposed' : 'decoder-transposed';
  return isEncoderTurned ? 'encoder-transposed' : 'as-documented';
}

/** Standard deviation over mean of the row norms. */
function unevenness(matrix: Float32Array, size: number): number {
  const norms = Array.from({ length: size }, (_, row) => {
    let squares = 0;
    for (let i = row * size; i < (row + 1) * size; i++) squares += (matrix[i] ?? 0) ** 2;
    return Math.sqrt(squares);
  });
  const mean = norms.reduce((a, b) => a + b, 0) / size;
  const variance = norms.reduce((sum, norm) => sum + (norm - mean) ** 2, 0) / size;
  return mean > 0 ? Math.sqrt(variance) / mean : 0;
}
