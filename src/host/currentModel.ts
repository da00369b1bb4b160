import { join } from 'node:path';
import { describeModel, type ModelDescription } from '../protocol/engine.ts';
import type { Caller } from '../protocol/request.ts';
import type { Settings } from './settings.ts';

/** The model that new pictures are made with, described once for each folder. */
export class CurrentModel {
  readonly #engine: Caller;
  readonly #settings: Settings;
  readonly #embeddedDir: string;
  #described: { dir: string; description: Promise<ModelDescription> } | undefined;

  constructor(engine: Caller, settings: Settings, extensionDir: string) {
    this.#engine = engine;
    this.#settings = settings;
    this.#embeddedDir = join(extensionDir, 'models', 'mini');
  }

  get isEmbedded(): boolean {
    return this.#settings.get('model.folder') === '';
  }

  get dir(): string {
    return this.#settings.get('model.folder') || this.#embeddedDir;
  }

  async describe(): Promise<ModelDescription> {
    const { dir } = this;
    if (this.#described?.dir === dir) return this.#described.description;
    const description = this.#engine.request(describeModel, { modelDir: dir });
    const described = { dir, description };
    this.#described = described;
    description.catch(() => {
      if (this.#described === described) this.#described = undefined;
    });
    return description;
  }
}
