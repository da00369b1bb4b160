import type { CommandHandlers } from '../commands.ts';
import type { KeptPicture } from '../features/currentPicture.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import { explainAction } from '../explain/explainAction.ts';
import type { CardTools } from './cardTools.ts';

type CardCommands =
  | 'featurescope.openFeatureCard'
  | 'featurescope.openGallery'
  | 'featurescope.featuresLikePicture'
  | 'featurescope.labelFeature'
  | 'featurescope.addFeatureToList'
  | 'featurescope.importLabels'
  | 'featurescope.removeImportedLabels'
  | 'featurescope.contrastSets'
  | 'featurescope.qualityReport'
  | 'featurescope.indexSae'
  | 'featurescope.explain';

/** @param keptOf the kept picture that a target is about; undefined: the current one */
export function cardHandlers(
  cards: CardTools,
  keptOf: (target: unknown) => Promise<KeptPicture | undefined>,
): Pick<CommandHandlers, CardCommands> {
  /** Of a block's row, or of a feature. */
  const blockOf = (target: unknown): string | undefined => {
    const { block } = (target ?? {}) as Partial<FeatureRef>;
    return typeof block === 'string' ? block : undefined;
  };
  const { finder, labelActions } = cards;
  return {
    'featurescope.openFeatureCard': (target) => cards.showFound(cards.featureFor(target)),
    'featurescope.openGallery': (target) => {
      cards.gallery.open(blockOf(target));
    },
    'featurescope.featuresLikePicture': async (target) => {
      const kept = await keptOf(target);
      await cards.showFound(finder.likePicture(kept?.runId));
    },
    'featurescope.labelFeature': async (target) => {
      const feature = await cards.featureFor(target);
      if (feature) await labelActions.label(feature);
    },
    'featurescope.addFeatureToList': async (target) => {
      const feature = await cards.featureFor(target);
      if (feature) await labelActions.addToList(feature);
    },
    'featurescope.importLabels': (target) => labelActions.import(blockOf(target)),
    'featurescope.removeImportedLabels': () => labelActions.removeImported(),
    'featurescope.contrastSets': () => {
      cards.contrast.show();
    },
    'featurescope.qualityReport': () => {
      cards.quality.show();
    },
    'featurescope.indexSae': () => cards.indexActions.index(),
    'featurescope.explain': (target, selected) =>
      explainAction(target, selected, { engine: cards.engine, panels: cards.explain, keptOf }),
  };
}
