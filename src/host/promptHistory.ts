const keptCount = 20;
/** Longer ones would make every message to a panel heavy; the runs keep them. */
const lengthMax = 2000;
const key = 'promptHistory';

/** The part of VS Code's `Memento` that is used. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** The last prompts, newest first, each once; shared by all windows. */
export class PromptHistory {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get prompts(): readonly string[] {
    const stored = this.#memory.get(key);
    return Array.isArray(stored) ? stored.filter((prompt) => typeof prompt === 'string') : [];
  }

  async add(prompt: string): Promise<void> {
    if (prompt.trim() === '' || prompt.length > lengthMax) return;
    const others = this.prompts.filter((other) => other !== prompt);
    await this.#memory.update(key, [prompt, ...others].slice(0, keptCount));
  }
}
