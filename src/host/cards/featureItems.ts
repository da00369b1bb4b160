import { type QuickInputButton, type QuickPickItem, ThemeIcon, Uri } from 'vscode';
import { featureName } from '../../protocol/featureName.ts';
import type { FeatureRef } from '../../protocol/featurePanel.ts';
import type { FeatureFigures, FeatureRow } from '../../protocol/indexSearch.ts';

/** A feature in a quick pick. */
export interface FeatureItem extends QuickPickItem {
  readonly feature: FeatureRef;
}

export const pinButton = (isPinned: boolean): QuickInputButton => ({
  iconPath: new ThemeIcon(isPinned ? 'pinned' : 'pin'),
  tooltip: isPinned ? 'Unpin Feature' : 'Pin Feature',
});
export const galleryButton: QuickInputButton = {
  iconPath: new ThemeIcon('table'),
  tooltip: 'Show Block in Gallery',
};

/** @param note what the list says beside the figures */
export function featureItem(row: FeatureRow, isPinned: boolean, note = ''): FeatureItem {
  const name = featureName(row);
  const { label, words, matches, best } = row;
  const found = matches.filter((match) => match.in !== 'id').map((match) => matchText(match));
  const detail = found.length > 0 ? found.join(' · ') : words.slice(0, 5).join(', ');
  return {
    feature: { block: row.block, id: row.id },
    label: label ? `${name}  ${label.text}` : name,
    description: [densityText(row), note].filter(Boolean).join(' · '),
    ...(detail === '' ? {} : { detail }),
    ...(best?.path ? { iconPath: Uri.file(best.path) } : {}),
    buttons: [pinButton(isPinned), galleryButton],
    // What was found has been found by the engine: the list filters nothing more.
    alwaysShow: true,
  };
}

const matchText = (match: FeatureRow['matches'][number]): string => `${match.in}: ${match.text}`;

/** How much of the index it is active in. */
export function densityText({
  isDead,
  density,
  isAlwaysOn,
}: Pick<FeatureFigures, 'isDead' | 'density' | 'isAlwaysOn'>): string {
  if (isDead) return 'dead: in no picture of the index';
  const percent = Number((100 * density).toPrecision(2));
  return `active in ${String(percent)} % of cells${isAlwaysOn ? ', in more than 9 of 10 pictures' : ''}`;
}
