import { modelError } from '../../protocol/errors.ts';
import type { ValueInfo } from '../../protocol/runner.ts';
import { isHandle, type TensorHandle, type TensorValue } from '../../protocol/tensors.ts';
import { float32ToHalf, halfToFloat32 } from '../../numerics/halfPrecision.ts';
import type { OrtSession } from '../ort/ort.ts';

/**
 * Numbers as the tensor that a graph's input declares. The one place where the pipeline turns float32 into other
 * types; float16 rounds to nearest, ties to even, as torch does.
 *
 * @throws `model` for an element type that is not supported, or fractions for an input of whole numbers
 */
export function toTensor(
  { name, dtype }: ValueInfo,
  dims: readonly number[],
  values: Float32Array | readonly number[],
): TensorValue {
  switch (dtype) {
    case 'float32':
      return { dtype, dims, data: asFloats(values) };
    case 'float16':
      return { dtype, dims, data: float32ToHalf(asFloats(values)) };
    case 'int64':
      return { dtype, dims, data: BigInt64Array.from(wholeNumbers(name, values), BigInt) };
    case 'int32':
      return { dtype, dims, data: Int32Array.from(wholeNumbers(name, values)) };
    default:
      throw modelError(
        `The graph's input "${name}" is ${dtype}, which the pipeline cannot feed; export with float32 or float16 inputs.`,
      );
  }
}

const asFloats = (values: Float32Array | readonly number[]): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values);

function wholeNumbers(name: string, values: Float32Array | readonly number[]): readonly number[] {
  const numbers = Array.from(values);
  const fraction = numbers.find((value) => !Number.isInteger(value));
  if (fraction === undefined) return numbers;
  throw modelError(
    `The graph's input "${name}" takes whole numbers, but this schedule gives ${String(fraction)}.`,
  );
}

/** @throws `model` naming what the graph has instead */
export function outputNamed(session: OrtSession, graphName: string, wanted: string): string {
  const names = session.outputs.map(({ name }) => name);
  if (names.includes(wanted)) return wanted;
  throw modelError(`${graphName} has no output "${wanted}"; it has ${names.join(', ')}.`);
}

/** Values as float32, whether the graph computes in float32 or float16. @throws `model` when the tensor is neither */
export function floatsOf(
  outputs: Readonly<Record<string, TensorValue | TensorHandle>>,
  name: string,
): { dims: readonly number[]; values: Float32Array } {
  const tensor = outputs[name];
  if (tensor && !isHandle(tensor)) {
    const { dtype, dims, data } = tensor;
    if (data instanceof Float32Array) return { dims, values: data };
    if (dtype === 'float16' && data instanceof Uint16Array) {
      return { dims, values: halfToFloat32(data) };
    }
  }
  throw modelError(
    `The graph's output "${name}" is ${tensor?.dtype ?? 'missing'}, not float32 or float16.`,
  );
}
