import type { KeptPicture } from '../features/currentPicture.ts';
import {
  emptyFeatureTitle,
  type FeatureLife,
  featureLife,
  type FeaturePanelsPorts,
} from './featureLife.ts';
import { OpenPanels } from './openPanels.ts';

/** The feature view: one panel, which follows the current picture and the chosen feature. */
export class FeaturePanels extends OpenPanels<FeatureLife> {
  constructor(ports: FeaturePanelsPorts) {
    const { extensionUri, current, choice } = ports;
    super({
      ...{ extensionUri, folders: null, name: 'features', title: emptyFeatureTitle },
      viewType: 'featurescope.features',
      // So that picture and features are seen together.
      isBeside: 'always',
      make: (shell, saved) => featureLife(ports, shell, saved),
    });
    current.onDidChange(() => {
      for (const { session } of this.lives) session.pictureChanged();
    });
    choice.onDidChange(() => {
      this.changed();
    });
  }

  /** The shown picture beside another one. */
  compareWith(other: KeptPicture): void {
    for (const { session } of this.lives) session.compareWith(other);
  }

  /** Opens the panel at a block, or at the schematic of the U-net. */
  showAt(target: string): void {
    this.show().session.lookAt(target);
  }

  /** The runs are gone. */
  forget(runIds: readonly string[]): void {
    for (const { session } of this.lives) session.forget(runIds);
  }

  /** What failed for want of an engine or of trust is tried again. */
  recover(): void {
    for (const { session } of this.lives) session.recover();
  }
}
