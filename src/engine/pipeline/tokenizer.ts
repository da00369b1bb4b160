import type { TokenizerFiles } from '../models/tokenizerFiles.ts';
import { type AddedToken, readAddedTokens, type SpecialIds } from './addedTokens.ts';
import { BytePairs } from './bytePairs.ts';

export interface TokenizedText {
  /** Start token, as many of the text's as fit, end token, padding. */
  readonly ids: readonly number[]; // [tokenLimit]
  /** Tokens of the whole text, start and end included. */
  readonly tokenCount: number;
  /** The text from the first word on that did not fit whole, as it was typed; empty when all fits. */
  readonly cutText: string;
}

const word = /\P{White_Space}+/gu;
/** CLIP's words. White space is Unicode's: the `\s` of JavaScript takes in U+FEFF and leaves out U+0085. */
const piece =
  /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/**
 * CLIP's byte-pair tokenizer from its files: NFC, lower case, words by CLIP's pattern, byte pairs with `</w>`.
 *
 * @source transformers 5.23 `CLIPTokenizer`; equal ids on the prompts of test/golden. Run once on 1.6 million texts
 * (every code point alone, all assigned ones between letters and before combining marks, random mixtures): equal but
 * for two adjacent combining marks of which one is newer than the Unicode tables of the Rust library.
 */
export class ClipTokenizer {
  readonly tokenLimit: number;
  readonly #bytePairs: BytePairs;
  readonly #special: SpecialIds;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #typedTokens: RegExp | undefined;
  readonly #normalizedTokens: RegExp | undefined;

  /**
   * @param positionCount `max_position_embeddings` of the text encoder: no text can be longer
   * @throws `model` when the files contradict each other
   */
  constructor(files: TokenizerFiles, positionCount: number) {
    const { tokens, special } = readAddedTokens(files);
    this.tokenLimit = Math.min(files.config.model_max_length ?? Infinity, positionCount);
    this.#special = special;
    this.#bytePairs = new BytePairs(files.vocabulary, files.merges, special.unknown);
    this.#ids = new Map(tokens.map((token) => [keyOf(token), token.id]));
    this.#typedTokens = patternOf(tokens.filter(({ isNormalized }) => !isNormalized));
    this.#normalizedTokens = patternOf(tokens.filter(({ isNormalized }) => isNormalized));
  }

  encode(text: string): TokenizedText {
    const room = this.tokenLimit - 2;
    const ids: number[] = [];
    let cutStart: number | undefined;
    for (const { start, tokens } of this.#words(text)) {
      for (const id of tokens) ids.push(id);
      if (ids.length > room) cutStart ??= start;
    }
    const { start, end, padding } = this.#special;
    const padded = [start, ...ids.slice(0, room), end];
    while (padded.length < this.tokenLimit) padded.push(padding);
    return {
      ids: padded,
      tokenCount: ids.length + 2,
      cutText: cutStart === undefined ? '' : text.slice(cutStart),
    };
  }

  /** Token ids of each white-space separated stretch. No token spans white space, so the parts are independent. */
  *#words(text: string): Generator<{ start: number; tokens: readonly number[] }> {
    for (const part of split(text, this.#typedTokens)) {
      const token = part.isMatch ? this.#ids.get(part.text) : undefined;
      if (token !== undefined) {
        yield { start: part.start, tokens: [token] };
        continue;
      }
      for (const match of part.text.matchAll(word)) {
        yield { start: part.start + match.index, tokens: this.#tokensOfWord(match[0]) };
      }
    }
  }

  #tokensOfWord(typed: string): readonly number[] {
    const tokens: number[] = [];
    for (const part of split(normalize(typed), this.#normalizedTokens)) {
      const token = part.isMatch ? this.#ids.get(part.text) : undefined;
      if (token !== undefined) {
        tokens.push(token);
        continue;
      }
      for (const [match] of part.text.matchAll(piece)) {
        for (const unit of unitsOf(match))
          for (const id of this.#bytePairs.encode(unit)) tokens.push(id);
      }
    }
    return tokens;
  }
}

/** Lower case is by character, as in Rust: JavaScript alone writes a sigma at the end of a word as "ς". */
const normalize = (text: string): string =>
  text.normalize('NFC').replaceAll('Σ', 'σ').toLowerCase();

const keyOf = ({ content, isNormalized }: AddedToken): string =>
  isNormalized ? normalize(content) : content;

/** The byte-level stage splits once more by GPT-2's pattern; only these two words of CLIP's come apart there. */
const unitsOf = (match: string): readonly string[] =>
  match === '<|startoftext|>' || match === '<|endoftext|>'
    ? ['<|', match.slice(2, -2), '|>']
    : [match];

/** Matches any of the tokens, the longest first. */
function patternOf(tokens: readonly AddedToken[]): RegExp | undefined {
  if (tokens.length === 0) return undefined;
  const contents = tokens.map(keyOf).sort((left, right) => right.length - left.length);
  const escaped = contents.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(escaped.join('|'), 'gu');
}

interface Part {
  readonly text: string;
  readonly start: number;
  readonly isMatch: boolean;
}

/** The matches of a pattern and the text between them, in order. */
function* split(text: string, pattern: RegExp | undefined): Generator<Part> {
  let start = 0;
  for (const match of pattern ? text.matchAll(pattern) : []) {
    if (match.index > start) yield { text: text.slice(start, match.index), start, isMatch: false };
    yield { text: match[0], start: match.index, isMatch: true };
    start = match.index + match[0].length;
  }
  if (start < text.length) yield { text: text.slice(start), start, isMatch: false };
}
