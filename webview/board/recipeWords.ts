import type {
  Edit,
  EditMask,
  EditRecipe,
  EditSource,
  Strength,
} from '../../src/protocol/recipe.ts';
import { significant } from '../../src/numerics/significant.ts';

export const unitWords: Readonly<Record<Strength['unit'], string>> = {
  mean: '× mean',
  max: '× max',
  raw: 'raw',
};

/** "#123", "channel 4", "PCA 1 of 40 prompts" */
export const sourceWords = (source: EditSource): string =>
  'feature' in source ? `#${source.feature}` : sourceLabel(source);

/** As the range guard names it after the block. */
export function sourceLabel(source: EditSource): string {
  if ('feature' in source) return String(source.feature);
  return 'channel' in source ? `channel ${source.channel}` : source.name;
}

const listed = (sources: readonly EditSource[]): string =>
  sources.length > 3
    ? `${sources.slice(0, 2).map(sourceWords).join(', ')} and ${sources.length - 2} more`
    : sources.map(sourceWords).join(', ');

/** What one edit does, in a chip: "remove #12 in the mask". */
export function editWords(edit: Edit): string {
  return [actionWords(edit), maskWords(edit.mask), stepWords(edit.steps)].filter(Boolean).join(' ');
}

function actionWords(edit: Edit): string {
  switch (edit.kind) {
    case 'scale': {
      const names = listed(edit.sources);
      return edit.factor === 0 ? `remove ${names}` : `${names} × ${significant(edit.factor)}`;
    }
    case 'add': {
      const where = edit.onlyActive === undefined ? '' : ' where active';
      return `add ${strengthWords(edit.strength)} of ${listed(edit.sources)}${where}`;
    }
    case 'replace':
      return `replace by ${strengthWords(edit.strength)} of ${listed(edit.sources)}`;
    case 'keepOnly':
      return `keep only ${listed(edit.sources)}`;
    case 'reconstruct':
      return edit.withError ? 'reconstruct with error' : 'reconstruct';
    case 'ablate':
      return 'ablate block';
    case 'swap':
      return `swap with ${originWords(edit.from)}`;
    case 'addMap':
      return `add map of ${listed(edit.sources)}`;
  }
}

const originWords = ({ prompt, seed }: { prompt?: string; seed?: number }): string =>
  [seed === undefined ? '' : `seed ${seed}`, prompt === undefined ? '' : `“${prompt.slice(0, 24)}”`]
    .filter(Boolean)
    .join(', ') || 'the same run';

const strengthWords = ({ value, unit }: Strength): string =>
  `${significant(value, 4)} ${unitWords[unit]}`;

const maskWords = (mask: EditMask | undefined): string => (mask ? 'in the mask' : '');

const stepWords = (steps: readonly number[] | undefined): string =>
  steps ? `at step ${steps.map((step) => step + 1).join(', ')}` : '';

/** A variant's own name, or what it does. */
export function variantName({ name, edits }: EditRecipe): string {
  if (name !== undefined && name !== '') return name;
  if (edits.length === 0) return 'no edit';
  return edits.map((edit) => `${edit.block}: ${editWords(edit)}`).join(' + ');
}
