import { invalidInput } from '../../../protocol/errors.ts';
import { directionPromptsMax, type PromptSet } from '../../../protocol/interventions.ts';
import { openPromptFile } from '../prompts/promptFile.ts';

/** @throws `invalidInput` for fewer than `least` or more than `directionPromptsMax` prompts; as `openPromptFile` */
export async function readPromptSet(
  set: PromptSet,
  kind: string,
  least: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const source = 'file' in set ? await openPromptFile(set.file, undefined, signal) : undefined;
  const count = 'file' in set ? (source?.promptCount ?? 0) : set.texts.length;
  if (count < least || count > directionPromptsMax) {
    const whose = 'file' in set ? `in "${set.file}" ` : '';
    throw invalidInput(
      `A ${kind} direction needs ${String(least)} to ${String(directionPromptsMax)} prompts a set; ${whose}there are ${String(count)}.`,
    );
  }
  if ('texts' in set) return set.texts;
  const prompts: string[] = [];
  for await (const prompt of source?.read(0) ?? []) prompts.push(prompt);
  return prompts;
}
