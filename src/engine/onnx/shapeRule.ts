import type { NodeProto } from './generated/onnx_pb.js';
import type { Dim, ValueType } from './valueTypes.ts';

/** What a rule sees of a node's inputs, and where it puts what it found. */
export interface RuleContext {
  readonly node: NodeProto;
  /** Type of the i-th input. */
  type(index: number): ValueType | undefined;
  /** Elements of the i-th input when it is a small list of integers or a constant. */
  elements(index: number): readonly Dim[] | undefined;
  set(index: number, type: ValueType, elements?: readonly Dim[]): void;
}
export type Rule = (context: RuleContext) => void;

/** The list when every element is a plain number. */
export const numbers = (dims: readonly Dim[] | undefined): readonly number[] | undefined =>
  dims?.every((dim) => typeof dim === 'number') ? dims : undefined;

export const typed = (elementType: number, dims: readonly Dim[] | undefined): ValueType =>
  dims ? { elementType, dims } : { elementType };

/** Counts a negative axis from the end. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
