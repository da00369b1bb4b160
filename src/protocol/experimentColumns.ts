import type { BoardAxis } from './boardPanel.ts';
import type { PictureBase } from './recipe.ts';

/** The unedited pictures of a board or an experiment, in the order of its columns. */
export function columnPictures(picture: PictureBase, columns: BoardAxis): readonly PictureBase[] {
  switch (columns.kind) {
    case 'one':
      return [picture];
    case 'seeds':
      return columns.seeds.map((seed) => ({ ...picture, seed }));
    case 'prompts':
      return columns.prompts.map((prompt) => ({ ...picture, prompt }));
  }
}

/** What a column is called: what tells it from the others. */
export const columnName = (columns: BoardAxis, { prompt, seed }: PictureBase): string =>
  columns.kind === 'prompts' ? prompt || '(no prompt)' : `Seed ${String(seed)}`;
