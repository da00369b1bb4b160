import type { TextEmbedding } from './textEncoding.ts';

/** What the U-net is told beside latents and timestep, one row a picture of the batch. */
export interface Conditioning {
  readonly rowCount: number;
  readonly hiddenStates: Float32Array; // [rowCount, positions, width]
  readonly positionCount: number;
  readonly width: number;
  readonly pooled: Float32Array; // [rowCount, pooledWidth]
  /** Original height and width, crop top and left, target height and width, in pixels. */
  readonly timeIds: Float32Array; // [rowCount, 6]
}

/**
 * @param embeddings one a row, the unconditional first
 * @source diffusers 0.42.1 `StableDiffusionXLPipeline._get_add_time_ids`, whose defaults are these
 */
export function condition(
  embeddings: readonly TextEmbedding[],
  { width, height }: { readonly width: number; readonly height: number },
): Conditioning {
  const first = embeddings[0];
  const timeIds = [height, width, 0, 0, height, width];
  return {
    rowCount: embeddings.length,
    hiddenStates: concatenate(embeddings.map(({ hiddenStates }) => hiddenStates)),
    positionCount: first?.positionCount ?? 0,
    width: first?.width ?? 0,
    pooled: concatenate(embeddings.map(({ pooled }) => pooled)),
    timeIds: Float32Array.from(embeddings.flatMap(() => timeIds)),
  };
}

/**
 * What the U-net is told of the prompt (the last row), in one vector: the mean of its hidden states over all positions,
 * then the pooled text.
 *
 * @returns f32 `[width + pooledWidth]`
 */
export function summaryOf({ rowCount, hiddenStates, positionCount, width, pooled }: Conditioning) {
  const pooledWidth = pooled.length / rowCount;
  const summary = new Float32Array(width + pooledWidth);
  const row = hiddenStates.subarray((rowCount - 1) * positionCount * width);
  row.forEach((value, i) => (summary[i % width] = summary[i % width]! + value / positionCount));
  summary.set(pooled.subarray((rowCount - 1) * pooledWidth), width);
  return summary;
}

/** Each row by itself. */
export function rowsOf(all: Conditioning): readonly Conditioning[] {
  const { rowCount, positionCount, width } = all;
  const part = (values: Float32Array, row: number): Float32Array =>
    values.subarray((row * values.length) / rowCount, ((row + 1) * values.length) / rowCount);
  return Array.from({ length: rowCount }, (_, row) => ({
    rowCount: 1,
    hiddenStates: part(all.hiddenStates, row),
    positionCount,
    width,
    pooled: part(all.pooled, row),
    timeIds: part(all.timeIds, row),
  }));
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const all = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
