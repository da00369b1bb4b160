import { type BlockDescription, listBlocks } from '../../protocol/features.ts';
import type { Caller } from '../../protocol/request.ts';
import { describeUnet, type UnetPart } from '../../protocol/unetParts.ts';
import type { CurrentModel } from '../currentModel.ts';

interface Known {
  readonly modelDir: string;
  readonly blocks: Promise<readonly BlockDescription[]>;
  parts?: Promise<readonly UnetPart[]>;
}

/** What the current model is made of: asked once, for the tree and the feature view. */
export class ModelBlocks {
  readonly #engine: Caller;
  readonly #model: CurrentModel;
  #known: Known | undefined;

  constructor(engine: Caller, model: CurrentModel) {
    this.#engine = engine;
    this.#model = model;
  }

  /** The attention stages with their SAEs. */
  blocks(): Promise<readonly BlockDescription[]> {
    return this.#current().blocks;
  }

  /** The named layers of the U-net. */
  async parts(): Promise<readonly UnetPart[]> {
    const known = this.#current();
    known.parts ??= this.#engine.request(describeUnet, { modelDir: known.modelDir });
    try {
      return await known.parts;
    } catch (error) {
      delete known.parts;
      throw error;
    }
  }

  /** By the hash of its SAE: the mean of each feature's active activations, where the SAE came with them. */
  async featureMeans(): Promise<ReadonlyMap<string, Float32Array>> {
    const blocks = await this.blocks();
    return new Map(
      blocks.flatMap(({ sae }) => (sae?.featureMean ? [[sae.sha256, sae.featureMean]] : [])),
    );
  }

  /** The model's files or SAEs may have changed. */
  forget(): void {
    this.#known = undefined;
  }

  #current(): Known {
    const modelDir = this.#model.dir;
    if (this.#known?.modelDir === modelDir) return this.#known;
    const blocks = this.#engine.request(listBlocks, { modelDir });
    const known: Known = { modelDir, blocks };
    blocks.catch(() => {
      if (this.#known === known) this.#known = undefined;
    });
    this.#known = known;
    return known;
  }
}
