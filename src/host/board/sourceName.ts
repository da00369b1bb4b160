import type { EditSource } from '../../protocol/recipe.ts';

/** "123", "channel 4", "PCA 1 of 40 prompts": as the engine's own labels after the block. */
export function sourceName(source: EditSource): string {
  if ('feature' in source) return String(source.feature);
  return 'channel' in source ? `channel ${String(source.channel)}` : source.name;
}
