/** One dimension: its size, the name of a size that only a run knows, or nothing known. */
export type Dim = number | string | undefined;

/** Element type (ONNX number) and shape of a value; no `dims` when not even the rank is known. */
export interface ValueType {
  readonly elementType: number;
  readonly dims?: readonly Dim[];
}

/** The shape of an elementwise operation's result; undefined when a rank is unknown. */
export function broadcast(
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  if (!a || !b) return undefined;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const fromA = i - (rank - a.length);
    const fromB = i - (rank - b.length);
    return broadcastDim(fromA < 0 ? 1 : a[fromA], fromB < 0 ? 1 : b[fromB]);
  });
}

function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === 1) return b;
  if (b === 1 || a === b) return a;
  // A size above 1 wins: the other side must be that or 1.
  if (typeof a === 'number') return a;
  if (typeof b === 'number') return b;
  return undefined;
}
