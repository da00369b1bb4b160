import { modelError } from '../../protocol/errors.ts';
import { sizeOf } from '../../protocol/tensors.ts';
import { create } from '@bufbuild/protobuf';
import {
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  type TensorProto,
} from './generated/onnx_pb.js';
import { changeGraph, type OnnxGraph, withFields } from './graph.ts';
import { elementBytes } from './elementTypes.ts';

/** Where a weight lies outside the `.onnx` file. */
export interface ExternalTensor {
  /** Name of the initializer. */
  readonly name: string;
  /** Path of the file relative to the graph's folder: forward slashes, never out of the folder. */
  readonly location: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * Lists the weights that lie in other files. Only the graph is looked at: that the files exist, are regular and
 * long enough (`offset + sizeBytes`) is for the caller to check, since ONNX Runtime does not do all of it.
 *
 * @throws `model` for a location that leaves the folder, and for sizes that do not fit the tensor's shape
 */
export function listExternalData(graph: OnnxGraph): ExternalTensor[] {
  const found: ExternalTensor[] = [];
  for (const tensor of graph.initializers.values()) {
    if (isExternal(tensor)) found.push(readReference(tensor));
  }
  return found;
}

/** Puts a folder before every external location, so that graphs of several folders can share one common folder. */
export function moveExternalData(graph: OnnxGraph, folder: string): OnnxGraph {
  if (folder === '') return graph;
  const initializer = [...graph.initializers.values()].map((tensor) => {
    if (!isExternal(tensor)) return tensor;
    const externalData = tensor.externalData.map((entry) =>
      entry.key === 'location'
        ? create(StringStringEntryProtoSchema, {
            key: entry.key,
            value: checkLocation(tensor.name, `${folder}/${entry.value}`),
          })
        : entry,
    );
    return withFields(tensor, { externalData });
  });
  return changeGraph(graph, { initializer });
}

const isExternal = (tensor: TensorProto): boolean =>
  tensor.dataLocation === TensorProto_DataLocation.EXTERNAL;

function readReference(tensor: TensorProto): ExternalTensor {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = checkLocation(tensor.name, entries.get('location') ?? '');
  const elementCount = sizeOf(tensor.dims.map(Number));
  const wantedBytes = Math.ceil(elementCount * elementBytes(tensor.dataType, tensor.name));
  const offset = readCount(tensor.name, 'offset', entries.get('offset') ?? '0');
  const sizeBytes = readCount(tensor.name, 'length', entries.get('length') ?? String(wantedBytes));
  if (sizeBytes !== wantedBytes) {
    throw modelError(
      `The weight "${tensor.name}" [${tensor.dims.join(', ')}] needs ${String(wantedBytes)} bytes, ` +
        `but the graph reserves ${String(sizeBytes)} in "${location}".`,
    );
  }
  return { name: tensor.name, location, offset, sizeBytes };
}

function checkLocation(name: string, location: string): string {
  const isPlain =
    location !== '' &&
    !/[\0\\:]/.test(location) &&
    location.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isPlain) return location;
  const shown = JSON.stringify(location);
  throw modelError(
    `The weight "${name}" lies in ${shown}, which is not a plain path in the model's folder.`,
  );
}

function readCount(name: string, key: string, text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw modelError(
    `The weight "${name}" has the ${key} ${JSON.stringify(text)}, not a number of bytes.`,
  );
}
