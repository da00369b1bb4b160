import { FeaturescopeError } from '../../../protocol/errors.ts';
import type { ModelFinding } from '../../../protocol/models.ts';

/** Gathers what is wrong instead of ending with the first of it. */
export class Findings {
  readonly #all: ModelFinding[] = [];

  get all(): readonly ModelFinding[] {
    return this.#all;
  }

  get hasErrors(): boolean {
    return this.#all.some(({ level }) => level === 'error');
  }

  error(text: string): void {
    this.#add({ level: 'error', text });
  }

  warn(text: string): void {
    this.#add({ level: 'warning', text });
  }

  /** @returns what `work` gives, or undefined when it found something wrong, which is then noted */
  async attempt<T>(work: () => Promise<T> | T): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const known = FeaturescopeError.from(error);
      if (known.code !== 'model') throw known;
      this.error(known.message);
      return undefined;
    }
  }

  #add(finding: ModelFinding): void {
    if (!this.#all.some(({ text }) => text === finding.text)) this.#all.push(finding);
  }
}
