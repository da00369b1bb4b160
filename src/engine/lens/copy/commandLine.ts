import type { Edit, EditRecipe, PictureBase } from '../../../protocol/recipe.ts';
import { shellText } from './shellText.ts';

/**
 * An edit as a command line for a POSIX shell; what has no option of its own goes as `--edit` with its JSON.
 *
 * @param modelDir named only when it is not the embedded model
 */
export function commandLine(
  base: PictureBase,
  recipe: EditRecipe,
  modelDir: string | undefined,
): string {
  const words = [
    ...['featurescope', 'edit', '--prompt', base.prompt],
    ...(base.negativePrompt === '' ? [] : ['--negative', base.negativePrompt]),
    ...['--seed', String(base.seed), '--steps', String(base.steps)],
    ...['--guidance', String(base.guidanceScale), '--scheduler', base.scheduler],
    ...['--width', String(base.width), '--height', String(base.height)],
    ...(modelDir === undefined ? [] : ['--model', modelDir]),
    ...recipe.edits.flatMap((edit) => wordsOf(edit)),
  ];
  return words.map(shellText).join(' ');
}

function wordsOf(edit: Edit): readonly string[] {
  const isPlain = edit.mask === undefined && edit.steps === undefined;
  if (isPlain && edit.kind === 'ablate') return ['--ablate', edit.block];
  if (isPlain && edit.kind === 'scale' && edit.maps === 'static') {
    const names = edit.sources.map((source) =>
      'feature' in source ? `${edit.block}/${String(source.feature)}` : undefined,
    );
    if (names.every((name) => name !== undefined)) {
      return names.flatMap((name) =>
        edit.factor === 0 ? ['--remove', name] : ['--scale', `${name}=${String(edit.factor)}`],
      );
    }
  }
  return ['--edit', JSON.stringify(edit)];
}
