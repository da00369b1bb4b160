import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { invalidInput } from '../../../protocol/errors.ts';
import { configSizeBytesMax } from '../../models/limits.ts';
import { fileError } from '../../store/fileError.ts';
import { parsePromptGrammar } from './promptGrammar.ts';
import { promptPairs } from './promptPairs.ts';
import type { PromptSource } from './promptSource.ts';
import { samplePrompt, sampleSaid } from './samplePrompt.ts';

/**
 * Prompts drawn from a grammar file, without end.
 *
 * @param seed 0 ... 2^32-1
 * @throws `invalidInput` for a file that cannot be read, `model` for one that is no grammar
 */
export async function openGrammar(path: string, seed: number): Promise<PromptSource> {
  const bytes = await readSmall(path);
  const grammar = parsePromptGrammar(new TextDecoder().decode(bytes), basename(path));
  return {
    kind: 'grammar',
    name: basename(path),
    title: grammar.title,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    seed,
    promptCount: undefined,
    // eslint-disable-next-line @typescript-eslint/require-await -- other sources read files here
    read: async function* (from) {
      for (let index = from; ; index++) yield samplePrompt(grammar, seed, index);
    },
    unsaid: grammar.unsaid,
    saidAt: (index) => sampleSaid(grammar, seed, index),
    pairs: (countPerKind) => promptPairs(grammar, seed, countPerKind),
  };
}

async function readSmall(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= configSizeBytesMax) return await readFile(path);
  } catch (error) {
    throw fileError(error, 'Cannot read the grammar', path);
  }
  throw invalidInput(`"${path}" has more than the ${String(configSizeBytesMax)} bytes allowed.`);
}
