import type { Experiment } from '../../protocol/experiment.ts';
import { featureName } from '../../protocol/featureName.ts';
import type { BlockDescription } from '../../protocol/features.ts';

/** Something in an experiment that the chosen model cannot do, and where it stands. */
export interface ModelFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The experiment is about another model: right for that one, perhaps. */
  readonly isOtherModel: boolean;
}

/** What a run would refuse for the model's sake, as far as names and counts tell: the engine has the last word. */
export function modelFaults(
  { model, variants }: Experiment,
  chosen: { readonly id: string; readonly blocks: readonly BlockDescription[] },
): readonly ModelFault[] {
  if (model.id !== chosen.id) {
    const message = `The experiment is about the model "${model.id}"; chosen is "${chosen.id}".`;
    return [{ path: ['model', 'id'], message, isOtherModel: true }];
  }
  const blocks = new Map(chosen.blocks.map((one) => [one.block, one]));
  return variants.flatMap(({ edits }, v) =>
    edits.flatMap((edit, e): ModelFault[] => {
      const path = ['variants', v, 'edits', e];
      const block = blocks.get(edit.block);
      if (!block) {
        const message = `The model has no block "${edit.block}"; it has ${[...blocks.keys()].join(', ')}.`;
        return [{ path: [...path, 'block'], message, isOtherModel: false }];
      }
      const sources = 'sources' in edit ? edit.sources : [];
      return sources.flatMap((source, s): ModelFault[] => {
        const at = [...path, 'sources', s];
        if ('feature' in source) {
          const message = featureFault(source.feature, block);
          return message ? [{ path: [...at, 'feature'], message, isOtherModel: false }] : [];
        }
        if (!('channel' in source) || source.channel < block.width) return [];
        const message = `${block.block} has the channels 0 to ${String(block.width - 1)}.`;
        return [{ path: [...at, 'channel'], message, isOtherModel: false }];
      });
    }),
  );
}

function featureFault(id: number, { block, sae }: BlockDescription): string | undefined {
  if (!sae) return `There is no SAE for ${block}: it has channels, but no features.`;
  if (id < sae.nFeatures) return undefined;
  return `${featureName({ block, id })}: the SAE has the features 0 to ${String(sae.nFeatures - 1)}.`;
}
