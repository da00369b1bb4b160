import type { promptSourceKinds } from '../collected/collectionManifest.ts';
import type { PromptPair } from './promptPairs.ts';
import type { SaidPrompt } from './samplePrompt.ts';
import type { UnsaidFactor } from './promptGrammar.ts';

/** Where the prompts of a set come from: a file that was looked through once, and is read again from the start. */
export interface PromptSource {
  readonly kind: (typeof promptSourceKinds)[number];
  /** File name without folder. */
  readonly name: string;
  /** What a person calls it: a grammar's title, a file's name. */
  readonly title: string;
  /** Of the file. */
  readonly sha256: string;
  readonly column?: string;
  /** Grammar: what its random choices start from. */
  readonly seed?: number;
  /** Undefined: as many as are wanted. */
  readonly promptCount: number | undefined;
  /**
   * The prompts in order, from one on; the same every time. Memory does not grow with their number.
   *
   * @throws `invalidInput` when the file has changed meanwhile, or a prompt is too long, by line
   */
  read(from: number): AsyncIterable<string>;
  /** Grammar: the prompt of a number with what it states. */
  readonly saidAt?: (index: number) => SaidPrompt;
  /** Grammar: what the noise decides though no prompt states it. */
  readonly unsaid?: readonly UnsaidFactor[];
  /** Grammar: pairs of prompts that differ in one thing, or why there are none, as `promptPairs`. */
  readonly pairs?: (countPerKind: number) => readonly PromptPair[] | string;
}
