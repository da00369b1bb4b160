import { join } from 'node:path';
import type { CollectPrompts } from '../../../protocol/collect.ts';
import { openGrammar } from './grammarSource.ts';
import { openPromptFile } from './promptFile.ts';
import { grammarFileName } from './promptGrammar.ts';
import type { PromptSource } from './promptSource.ts';

/** The prompts that a job was given. @throws as `openPromptFile` and `openGrammar` */
export function openPrompts(
  prompts: CollectPrompts,
  modelDir: string,
  signal?: AbortSignal,
): Promise<PromptSource> {
  return 'file' in prompts
    ? openPromptFile(prompts.file, prompts.column, signal)
    : openGrammar(prompts.grammar ?? join(modelDir, grammarFileName), prompts.seed);
}
