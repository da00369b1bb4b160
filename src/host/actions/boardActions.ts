import type { FeatureRef } from '../../protocol/featurePanel.ts';
import type { PictureBase } from '../../protocol/recipe.ts';
import { additionOf, removalOf } from '../board/sources.ts';
import type { KeptPicture } from '../features/currentPicture.ts';
import type { BoardPanels } from '../panels/boardPanels.ts';

/** Of each kind: enough for a spread. */
const controlCount = 4;

/** What can be done with the ablation board from wherever a picture or a feature stands. */
export class BoardActions {
  readonly #panels: BoardPanels;

  constructor(panels: BoardPanels) {
    this.#panels = panels;
  }

  /** @param picture undefined: what the board has, or the current one */
  async open(picture: KeptPicture | undefined): Promise<void> {
    const session = await this.#panels.open();
    if (picture) await session.setBase(picture);
  }

  async ablate(features: readonly FeatureRef[]): Promise<void> {
    const session = await this.#panels.open();
    for (const feature of features) session.add(removalOf(feature));
  }

  async addInMask(feature: FeatureRef): Promise<void> {
    const session = await this.#panels.open();
    await session.described();
    const block = session.state.blocks.find((one) => one.block === feature.block);
    session.add(additionOf(feature, block?.hasMeans ?? false), { isPainted: true });
  }

  /**
   * Removes the feature and runs matched controls beside it, in one go.
   *
   * @param base undefined: what the board has, or the current picture
   */
  async testCause(feature: FeatureRef, base: PictureBase | undefined): Promise<void> {
    const session = await this.#panels.open();
    await session.described();
    if (base) session.perform({ kind: 'setBase', base, runId: null });
    session.add(removalOf(feature));
    const { focusId: variantId } = session.state;
    if (variantId === null) return;
    await session.start({ kind: 'controls', variantId, count: controlCount, seed: 0 });
  }

  async addDirection(): Promise<void> {
    await this.#panels.addDirection();
  }

  async icon({ block, id }: FeatureRef): Promise<void> {
    const session = await this.#panels.open();
    await session.start({ kind: 'icon', block, source: { feature: id } });
  }
}
