import { readFile } from 'node:fs/promises';
import { FeaturescopeError } from '../../../protocol/errors.ts';
import { declaredType } from '../../onnx/declaredType.ts';
import { listExternalData } from '../../onnx/externalData.ts';
import type { OnnxGraph } from '../../onnx/graph.ts';
import { readGraph } from '../../onnx/readGraph.ts';
import type { Dim } from '../../onnx/valueTypes.ts';
import { checkExternalData } from '../externalData.ts';
import type { ModelFile } from '../modelFiles.ts';

/** Graphs up to this size are read to be inspected; SDXL's VAE decoder holds its weights itself: 198 MB. */
const inspectBytesMax = 2 ** 29;

/** A graph input or output: its dimensions, and ONNX's number of its element type. */
export interface Port {
  readonly name: string;
  readonly elementType: number;
  readonly dims: readonly Dim[] | undefined;
}

/** One part's graph as it was read. */
export interface InspectedGraph {
  /** `unet/model.onnx` */
  readonly fileName: string;
  readonly graph: OnnxGraph;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/**
 * Reads a part's graph and looks at the files that hold its weights.
 *
 * @returns undefined for a graph that is too large to be looked into: loading it will tell
 * @throws `model` naming the file
 */
export async function readInspected(
  dir: string,
  file: ModelFile,
): Promise<InspectedGraph | undefined> {
  if (file.sizeBytes > inspectBytesMax) return undefined;
  try {
    const graph = readGraph(await readFile(file.path));
    await checkExternalData(dir, file.name, listExternalData(graph));
    const portOf = (info: (typeof graph.inputs)[number]): Port => {
      const type = declaredType(info);
      return { name: info.name, elementType: type?.elementType ?? 0, dims: type?.dims };
    };
    return {
      fileName: file.name,
      graph,
      inputs: graph.inputs.map(portOf),
      outputs: graph.outputs.map(portOf),
    };
  } catch (error) {
    const known = FeaturescopeError.from(error);
    if (known.message.includes(file.name)) throw known;
    throw new FeaturescopeError('model', `${file.name}: ${known.message}`, { cause: error });
  }
}

/** "[rows, 4, ?, ?]" */
export const shapeText = (dims: readonly Dim[] | undefined): string =>
  dims ? `[${dims.map((dim) => dim ?? '?').join(', ')}]` : 'an unknown shape';

/** The last part of an initializer's name that exporters keep, and its dimensions. */
export function weightNamed(
  { graph }: InspectedGraph,
  ending: string,
): readonly number[] | undefined {
  for (const [name, tensor] of graph.initializers) {
    if (name === ending || name.endsWith(`.${ending}`)) return tensor.dims.map(Number);
  }
  return undefined;
}
