/** Different words that are counted; the first to come. Natural captions stay below it for about a million pictures. */
const vocabularyMax = 65_536;

/** The different words of a prompt: runs of letters and digits, lower case, an inner apostrophe or hyphen kept. */
export function wordsOf(prompt: string): readonly string[] {
  const found = prompt.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
  return [...new Set(found.map((word) => word.slice(0, 64)))];
}

/** Numbers for words, and in how many pictures each is. */
export class Vocabulary {
  readonly #ids = new Map<string, number>();
  readonly #words: string[] = [];
  readonly #pictures: number[] = [];

  /** One picture's prompt. @returns the numbers of its words that are counted */
  add(prompt: string): readonly number[] {
    return wordsOf(prompt).flatMap((word) => {
      let id = this.#ids.get(word);
      if (id === undefined) {
        if (this.#words.length >= vocabularyMax) return [];
        id = this.#words.push(word) - 1;
        this.#ids.set(word, id);
        this.#pictures.push(0);
      }
      this.#pictures[id]! += 1;
      return [id];
    });
  }

  get size(): number {
    return this.#words.length;
  }

  word(id: number): string {
    return this.#words[id] ?? '';
  }

  /** Pictures whose prompt has the word. */
  pictureCount(id: number): number {
    return this.#pictures[id] ?? 0;
  }

  toJson(): string {
    return JSON.stringify({ words: this.#words, pictures: this.#pictures });
  }

  static fromJson(json: string): Vocabulary {
    const { words, pictures } = JSON.parse(json) as { words: string[]; pictures: number[] };
    const vocabulary = new Vocabulary();
    words.forEach((word, id) => {
      vocabulary.#ids.set(word, id);
      vocabulary.#words.push(word);
      vocabulary.#pictures.push(pictures[id] ?? 0);
    });
    return vocabulary;
  }
}
