import type { Truncation } from '../../protocol/engine.ts';
import { modelError } from '../../protocol/errors.ts';
import type { ModelFolder } from '../models/modelFolder.ts';
import type { OrtSession } from '../ort/ort.ts';
import { RecentCache } from './recentCache.ts';
import type { RunMeter } from './runMeter.ts';
import { encodeText, type TextEmbedding, zerosLike } from './textEncoding.ts';
import { ClipTokenizer, type TokenizedText } from './tokenizer.ts';

/** Prompts whose encodings are kept: with SDXL about 0.6 MB each. */
const cachedPromptCount = 32;

export interface EncodedPrompt {
  readonly embedding: TextEmbedding;
  readonly truncation: Omit<Truncation, 'prompt'> | undefined;
}

/** Prompts to embeddings, with the tokenizers and text encoders of one model. */
export class PromptEncoder {
  readonly #folder: ModelFolder;
  readonly #cache = new RecentCache<EncodedPrompt>(cachedPromptCount);
  #tokenizers: readonly ClipTokenizer[] | undefined;

  constructor(folder: ModelFolder) {
    this.#folder = folder;
  }

  /** @throws `model`, `cancelled` */
  async encode(
    text: string,
    sessions: readonly OrtSession[],
    meter: RunMeter,
  ): Promise<EncodedPrompt> {
    const known = this.#cache.get(text);
    if (known) return known;
    const { textEncoders } = this.#folder;
    this.#tokenizers ??= textEncoders.map(
      ({ tokenizer, config }) => new ClipTokenizer(tokenizer, config.max_position_embeddings),
    );
    const tokenized = this.#tokenizers.map((tokenizer) => tokenizer.encode(text));
    const inputs = textEncoders.map((part, index) => {
      const [session, ids] = [sessions[index], tokenized[index]?.ids];
      if (!session || !ids) throw modelError(`${part.name} was not loaded.`);
      return { part, session, ids };
    });
    const embedding = await encodeText(inputs, meter);
    const encoded = { embedding, truncation: worstTruncation(tokenized) };
    this.#cache.set(text, encoded);
    return encoded;
  }

  /** True when `encode` needs no sessions for it. */
  isKnown(text: string): boolean {
    return this.#cache.get(text) !== undefined;
  }

  /** True when a negative prompt of this text means zeros instead of its encoding. */
  isZero(negativePrompt: string): boolean {
    return negativePrompt === '' && this.#folder.forceZerosForEmptyPrompt;
  }

  /** An absent negative prompt: zeros, or the encoding of the empty text, as the model wants it. */
  async encodeNegative(
    text: string,
    conditional: TextEmbedding,
    sessions: readonly OrtSession[],
    meter: RunMeter,
  ): Promise<EncodedPrompt> {
    if (this.isZero(text)) {
      return { embedding: zerosLike(conditional), truncation: undefined };
    }
    return this.encode(text, sessions, meter);
  }
}

/** Of several encoders, the one that saw least of the text. */
function worstTruncation(texts: readonly TokenizedText[]): EncodedPrompt['truncation'] {
  const worst = texts.toSorted((left, right) => right.cutText.length - left.cutText.length)[0];
  if (!worst || worst.cutText === '') return undefined;
  return { cutText: worst.cutText, tokenCount: worst.tokenCount, tokenLimit: worst.ids.length };
}
