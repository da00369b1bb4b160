import { html, nothing, type TemplateResult } from 'lit';
import type { BoardColumn, BoardState, BoardVariant } from '../../src/protocol/boardPanel.ts';
import type { Picture } from '../../src/protocol/engine.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { differenceMap, neutralPicture, swiped } from './difference.ts';
import { figuresView, shortFigures } from './figuresView.ts';
import { commonLimit } from './limits.ts';
import type { PanelActions } from './panelActions.ts';
import { pictureTile } from './pictureTile.ts';
import { variantName } from './recipeWords.ts';
import { shownCell, type PanelState } from './state.ts';

/** One variant of one picture: pictures as they are compared, and how far they are apart. */
export function cellView(
  state: PanelState,
  host: BoardState,
  variant: BoardVariant,
  columnIndex: number,
  position: ViewState,
  actions: PanelActions,
): TemplateResult {
  const column = host.columns[columnIndex]!;
  const shown = shownCell(state, columnIndex, variant.id);
  const isOne = host.columns.length === 1;
  const original = column.original ? state.pixels[column.original.pictureId] : undefined;
  const edited = shown ? state.pixels[shown.cell.pictureId] : undefined;
  const isFocused = host.focusId === variant.id && host.focusColumn === columnIndex;
  return html`<div class="cell ${isFocused && !isOne ? 'focused' : ''}">
    <div class="pictures">
      ${
        shown
          ? pictures(
              state,
              { column, variant, original, edited, isOne, runId: shown.cell.runId },
              shown.isOutdated,
              position,
            )
          : missing(column, original, isOne, position)
      }
    </div>
    ${
      shown?.cell.figures
        ? isOne
          ? figuresView(shown.cell, shown.isOutdated)
          : shortFigures(shown.cell.figures)
        : nothing
    }
    ${
      isOne
        ? nothing
        : html`<button
            type="button"
            class="link"
            aria-pressed=${isFocused}
            @click=${() => {
              actions.focus(variant.id, columnIndex);
            }}
          >
            Edit over ${column.label}
          </button>`
    }
  </div>`;
}

interface Shown {
  readonly column: BoardColumn;
  readonly variant: BoardVariant;
  readonly original: Picture | null | undefined;
  readonly edited: Picture | null | undefined;
  readonly isOne: boolean;
  /** Of the edited picture. */
  readonly runId: string | null;
}

function pictures(
  state: PanelState,
  { column, variant, original, edited, isOne, runId }: Shown,
  isOutdated: boolean,
  position: ViewState,
): TemplateResult | TemplateResult[] {
  const { compare, isEditedShown, swipe } = state;
  const name = variantName(variant.recipe);
  const of = `“${column.base.prompt}”, seed ${column.base.seed}`;
  const originalTile = (): TemplateResult =>
    pictureTile(
      {
        ...{ title: 'Original', alt: `Unedited picture for ${of}`, picture: original },
        runId: column.original?.runId,
      },
      position,
    );
  const editedTile = (): TemplateResult =>
    pictureTile(
      {
        ...{ title: 'Edited', alt: `${name}: edited picture for ${of}`, picture: edited },
        ...{ runId, isOutdated },
      },
      position,
    );
  switch (compare) {
    case 'blink':
      return isEditedShown ? editedTile() : originalTile();
    case 'swipe':
      return pictureTile(
        {
          title: 'Original | edited',
          alt: `${name}: original left of the line, edited right of it`,
          picture: original && edited ? swiped(original, edited, swipe) : edited,
          isOutdated,
        },
        position,
      );
    case 'difference':
      return difference(state, { variant, original, edited }, isOutdated, position);
    case 'side': {
      const map = difference(state, { variant, original, edited }, isOutdated, position);
      return isOne ? [originalTile(), editedTile(), map] : [editedTile(), map];
    }
  }
}

function difference(
  state: PanelState,
  { variant, original, edited }: Pick<Shown, 'variant' | 'original' | 'edited'>,
  isOutdated: boolean,
  position: ViewState,
): TemplateResult {
  const limit = state.hasCommonScale ? commonLimit(state) : undefined;
  const map =
    original && edited ? differenceMap(original, edited, state.difference, limit) : undefined;
  return pictureTile(
    {
      title: 'Difference',
      alt: `${variantName(variant.recipe)}: difference map`,
      picture: map && neutralPicture(map.cellsWide, map.cellsHigh),
      map,
      isOutdated,
    },
    position,
  );
}

function missing(
  column: BoardColumn,
  original: Picture | null | undefined,
  isOne: boolean,
  position: ViewState,
): TemplateResult {
  const note = html`<p class="notMade">Not made yet</p>`;
  if (!isOne || !column.original) return note;
  const alt = `Unedited picture for “${column.base.prompt}”, seed ${column.base.seed}`;
  return html`${pictureTile({ title: 'Original', alt, picture: original, runId: column.original.runId }, position)}
  ${note}`;
}
