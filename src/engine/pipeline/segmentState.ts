import type { TensorHandle } from '../../protocol/tensors.ts';
import { sizeOf } from '../../protocol/tensors.ts';
import type { OrtSession } from '../ort/ort.ts';

/** What crosses into a segment of a chain: a run can start there instead of at the beginning. */
export interface SegmentState {
  /** The segment to start with. */
  readonly index: number;
  readonly handles: Readonly<Record<string, TensorHandle>>;
}

/** Names of the values that segments before `index` make and later ones read. */
export function crossingNames(sessions: readonly OrtSession[], index: number): readonly string[] {
  const names = (list: readonly { readonly name: string }[]): string[] =>
    list.map(({ name }) => name);
  const made = new Set(sessions.slice(0, index).flatMap(({ outputs }) => names(outputs)));
  const read = new Set(sessions.slice(index).flatMap(({ inputs }) => names(inputs)));
  return [...read].filter((name) => made.has(name));
}

/** Memory of the tensors in the runner. */
export const stateBytes = (handles: readonly TensorHandle[]): number =>
  handles.reduce((sum, { dtype, dims }) => sum + sizeOf(dims) * bytesPerElement[dtype], 0);

const bytesPerElement = { float32: 4, float16: 2, int64: 8, int32: 4, uint8: 1, bool: 1 } as const;
