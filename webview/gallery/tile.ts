import { html, nothing, type TemplateResult } from 'lit';
import { featureName } from '../../src/protocol/featureName.ts';
import type { GalleryRow } from '../../src/protocol/galleryPanel.ts';
import { blockColour } from '../shared/blockColour.ts';
import { writeFeatureDrag } from '../shared/featureChip/featureDrag.ts';
import { closeHoverCard, openHoverCard } from '../shared/featureChip/hoverCard.ts';
import { labelWords } from '../shared/featureChip/labelWords.ts';
import { significant } from '../../src/numerics/significant.ts';
import { isPinned, type PanelState, rowAt } from './state.ts';
import type { GalleryParts } from './view.ts';

/** A feature by its strongest picture: name, label, density. */
export function galleryTile(
  state: PanelState,
  index: number,
  column: number,
  parts: GalleryParts,
): TemplateResult {
  const row = rowAt(state, index);
  if (!row) {
    return html`<div class="cell" role="gridcell" aria-colindex=${column + 1}>
      <span class="visuallyHidden">on its way</span>
    </div>`;
  }
  const { services, send } = parts;
  const feature = { block: row.block, id: row.id };
  const pinned = isPinned(state, feature);
  const hover = ({ currentTarget }: Event): void => {
    openHoverCard(currentTarget as HTMLElement, feature, services.preview);
  };
  return html`<div class="cell" role="gridcell" aria-colindex=${column + 1}>
    <button
      type="button"
      class="galleryTile"
      draggable="true"
      tabindex=${index === state.focusIndex ? 0 : -1}
      data-index=${index}
      data-vscode-context=${JSON.stringify({
        ...{ webviewSection: 'feature', ...feature },
        preventDefaultContextMenuItems: true,
      })}
      ${blockColour(row.block)}
      @click=${(event: MouseEvent) => {
        closeHoverCard();
        send({ kind: 'focused', index });
        if (event.ctrlKey || event.metaKey) services.onBoard(feature);
        else if (event.altKey) services.openCardBeside(feature);
        else services.openCard(feature);
      }}
      @dragstart=${({ dataTransfer }: DragEvent) => {
        closeHoverCard();
        if (dataTransfer) writeFeatureDrag(dataTransfer, [feature]);
      }}
      @pointerenter=${hover}
      @pointerleave=${closeHoverCard}
      @blur=${closeHoverCard}
    >
      ${
        row.best?.uri
          ? html`<img class="best" src=${row.best.uri} alt="" draggable="false" />`
          : html`<span class="best noPicture"
              >${row.isDead ? 'dead' : (row.best?.prompt ?? 'no picture kept')}</span
            >`
      }
      <span class="tileName"
        >${pinned ? html`<span aria-hidden="true">★ </span><span class="visuallyHidden">pinned </span>` : nothing}${state.query.block === null ? featureName(row) : `#${String(row.id)}`}</span
      >
      <span
        class="tileLabel ${row.label ? `chip-${row.label.source}` : 'muted'}"
        title=${row.label ? labelWords(row.label) : nothing}
        >${row.label?.text ?? row.words.slice(0, 3).join(', ')}</span
      >
      <span class="tileFigures muted">${figures(state, row)}</span>
    </button>
  </div>`;
}

/** The number by which the grid is sorted, with its unit. */
function figures({ query }: PanelState, row: GalleryRow): string {
  switch (query.sort) {
    case 'strength':
      return `mean ${significant(row.mean)}`;
    case 'max':
      return `max ${significant(row.max)}`;
    case 'locality':
      return `locality ${significant(row.locality, 2)}`;
    case 'pictureShare':
      return `${significant(100 * row.pictureShare)} % of pictures`;
    default:
      return `${significant(100 * row.density)} % of cells`;
  }
}
