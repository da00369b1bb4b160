import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { additionOf, removalOf } from '../board/sources.ts';
import type { KeptPicture } from '../features/currentPicture.ts';
import type { BoardPanels } from '../panels/boardPanels.ts';

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

  async icon({ block, id }: FeatureRef): Promise<void> {
    const session = await this.#panels.open();
    await session.start({ kind: 'icon', block, source: { feature: id } });
  }
}
