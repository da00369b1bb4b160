import * as z from 'zod';
import { principalComponents } from '../directions/principalComponent.ts';
import { appendLines, readLines } from './jsonLines.ts';
import { rebuildCounts } from './reportUnits.ts';

const fileName = 'components.jsonl';
const numbers = z.array(z.number());
const schema = z.strictObject({ block: z.string(), mean: numbers, vectors: z.array(numbers) });

/** Principal components of a block's update over the choosing prompts, unit vectors, the largest first. */
export interface Components {
  readonly mean: readonly number[]; // [width]
  readonly vectors: readonly (readonly number[])[]; // [components][width]
}

/** @param samples by block: f32 `[cells, width]` each */
export async function writeComponents(
  dir: string,
  samples: ReadonlyMap<string, { readonly width: number; readonly parts: readonly Float32Array[] }>,
): Promise<void> {
  for (const [block, { width, parts }] of samples) {
    const most = Math.min(Math.max(...rebuildCounts), width - 1);
    const { mean, vectors } = principalComponents(parts, width, most);
    const line = { block, mean: [...mean], vectors: vectors.map((vector) => [...vector]) };
    await appendLines(dir, fileName, [line]);
  }
}

/** By block, read when first asked for; a block that was written twice counts as it was written last. */
export function componentsOf(dir: string): () => Promise<ReadonlyMap<string, Components>> {
  let known: Promise<ReadonlyMap<string, Components>> | undefined;
  const read = async (): Promise<ReadonlyMap<string, Components>> => {
    const lines = await readLines(dir, fileName, schema);
    return new Map(lines.map(({ block, mean, vectors }) => [block, { mean, vectors }]));
  };
  return () => (known ??= read());
}
