/** Where a person is among the earlier prompts; `typed` comes back below the newest. */
export interface Recall {
  readonly index: number;
  readonly typed: string;
}

/**
 * One step through the prompts that were used, newest first, as a shell's arrow keys do.
 *
 * @returns the prompt to show and the new place, or undefined at either end
 */
export function recallPrompt(
  history: readonly string[],
  shown: string,
  recall: Recall | null,
  direction: 'up' | 'down',
): { prompt: string; recall: Recall | null } | undefined {
  if (direction === 'down') {
    if (!recall) return undefined;
    if (recall.index === 0) return { prompt: recall.typed, recall: null };
    const index = recall.index - 1;
    return { prompt: history[index] ?? recall.typed, recall: { ...recall, index } };
  }
  const typed = recall?.typed ?? shown;
  // The newest is usually what is in the field already: one key more would seem to do nothing.
  const index = history.findIndex((prompt, at) => at > (recall?.index ?? -1) && prompt !== shown);
  const prompt = history[index];
  return prompt === undefined ? undefined : { prompt, recall: { index, typed } };
}
