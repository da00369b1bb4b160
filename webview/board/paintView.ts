import { html, nothing, type TemplateResult } from 'lit';
import { mapOf } from '../../src/numerics/codes.ts';
import { maskCells } from '../../src/numerics/maskCells.ts';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import type { BlockReading } from '../../src/protocol/features.ts';
import type { Edit, EditRecipe } from '../../src/protocol/recipe.ts';
import type { CellGrid, CellRectangle } from '../shared/picture/cells.ts';
import type { Overlay } from '../shared/picture/overlay.ts';
import type { BrushStroke } from '../shared/picture/pictureInput.ts';
import type { PictureMap } from '../shared/picture/pictureMap.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import { checkbox } from '../ui/checkbox.ts';
import { dropdown } from '../ui/dropdown.ts';
import { slider } from '../ui/slider.ts';
import {
  brushed,
  coverage,
  emptyMask,
  filled,
  inverted,
  maskOf,
  softened,
  thresholded,
  toEditMask,
  toggled,
  type PaintMask,
} from './paintMask.ts';
import type { PanelActions } from './panelActions.ts';
import { sourcesOf, withEdit, withMask } from './recipeEdit.ts';
import type { Painting, PaintTool, PanelState } from './state.ts';

const overlay: Overlay = { isShown: true, opacity: 0.75, style: 'cells' };
const paintColour = '#e69f00';
/** A soft edge this wide, of the picture's width. */
const softEdgeShare = 1 / 32;

/** The mask of one edit on the unedited picture: brush, rectangle, cells, heat map, and what it touches. */
export function paintView(
  state: PanelState,
  host: BoardState,
  painting: Painting,
  recipe: EditRecipe,
  position: ViewState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const edit = recipe.edits[painting.editIndex];
  const column = host.columns[host.focusColumn];
  if (!edit || !column) return nothing;
  const { width, height } = column.base;
  const reading = readingOf(state, host, edit.block);
  const mask = painting.stroke ?? currentMask(edit, width, height);
  const rule = edit.mask?.kind === 'pixels' ? edit.mask.rule : 'fractional';
  const set = (next: PaintMask): void => {
    const done = withMask(edit, toEditMask(next, rule));
    actions.setRecipe(painting.variantId, withEdit(recipe, painting.editIndex, done));
  };
  const original = column.original ? state.pixels[column.original.pictureId] : undefined;
  const maps = mapsOf(mask, painting, edit, rule, reading);
  return html`<section class="painting" aria-label="Mask">
    <div class="paintPicture">
      ${
        original
          ? html`<fs-picture
              .picture=${original}
              .alt=${'Unedited picture with the mask over it'}
              .maps=${maps}
              .cells=${reading}
              .overlay=${overlay}
              .view=${position}
              .tool=${painting.tool}
              @brushstroke=${({ detail }: CustomEvent<BrushStroke>) => {
                stroke(detail, painting, mask, set, actions);
              }}
              @selectionchange=${({ detail }: CustomEvent<CellRectangle | null>) => {
                if (detail && reading && painting.tool === 'cell')
                  set(toggled(mask, reading, detail));
                actions.changePainting({ rectangle: detail });
              }}
              .selection=${painting.tool === 'rectangle' ? painting.rectangle : null}
            ></fs-picture>`
          : html`<p class="notMade">The unedited picture is not made yet. Run the board first.</p>`
      }
      <p class="paintWords" role="status">${coverageWords(mask, rule, edit, reading)}</p>
    </div>
    <div class="paintTools">
      ${toolFields(painting, reading, mask, set, actions)}
      ${maskFields(edit, mask, rule, recipe, painting, actions, set)}
      ${isOwnPicture(host) ? heatFields(painting, edit, reading, mask, set, actions) : otherPicture}
    </div>
  </section>`;
}

const masks = new WeakMap<NonNullable<Edit['mask']>, PaintMask>();

/** The edit's mask as pixels; read once. */
function currentMask({ mask }: Edit, width: number, height: number): PaintMask {
  if (!mask) return emptyMask(width, height);
  const known = masks.get(mask);
  if (known?.width === width && known.height === height) return known;
  const made = maskOf(mask, width, height);
  masks.set(mask, made);
  return made;
}

/** Codes of the picture in focus, when they are those of the base. */
function readingOf(
  { readings }: PanelState,
  { document, columns, focusColumn }: BoardState,
  block: string,
): BlockReading | undefined {
  const base = columns[focusColumn]?.base;
  const found = readings?.blocks.find((one) => one.block === block) ?? readings?.blocks[0];
  const isSame = base?.width === document.base?.width && base?.height === document.base?.height;
  return isSame ? found : undefined;
}

/** Codes are known of the board's own picture; another seed or prompt was active elsewhere. */
const isOwnPicture = ({ document, columns, focusColumn }: BoardState): boolean =>
  JSON.stringify(columns[focusColumn]?.base) === JSON.stringify(document.base);

const otherPicture: TemplateResult = html`<p class="muted">
  Heat maps are those of the board’s own picture. Choose its column to paint from one.
</p>`;

function stroke(
  { from, to, isFirst, isLast }: BrushStroke,
  painting: Painting,
  mask: PaintMask,
  set: (mask: PaintMask) => void,
  actions: PanelActions,
): void {
  if (isLast) {
    if (painting.stroke) set(painting.stroke);
    actions.changePainting({ stroke: null });
    return;
  }
  const begun = isFirst ? mask : (painting.stroke ?? mask);
  actions.changePainting({ stroke: brushed(begun, from, to, painting) });
}

const shownMaps = new WeakMap<PaintMask, { readonly key: string; readonly maps: PictureMap[] }>();

/** The cells with their weights, or, while the brush is down, the paint itself. */
function mapsOf(
  mask: PaintMask,
  { isShowingCells, stroke: drawing }: Painting,
  { block }: Edit,
  rule: 'fractional' | 'binary',
  reading: BlockReading | undefined,
): readonly PictureMap[] {
  const hasCells = isShowingCells && drawing === null && reading?.block === block;
  const key = `${hasCells} ${rule} ${block}`;
  const known = shownMaps.get(mask);
  if (known?.key === key) return known.maps;
  const maps = [hasCells ? cellMap(mask, rule, reading) : pixelMap(mask)];
  shownMaps.set(mask, { key, maps });
  return maps;
}

const cellMap = (mask: PaintMask, rule: 'fractional' | 'binary', grid: CellGrid): PictureMap => ({
  name: 'Weight of the cell',
  values: maskCells(toEditMask(mask, rule), grid.cellsHigh, grid.cellsWide),
  cellsHigh: grid.cellsHigh,
  cellsWide: grid.cellsWide,
  unit: 'of 1',
  colours: paintColour,
  range: { min: 0, max: 1 },
});

const pixelMap = ({ width, height, values }: PaintMask): PictureMap => ({
  name: 'Painted',
  values: Float32Array.from(values, (value) => value / 255),
  cellsHigh: height,
  cellsWide: width,
  unit: 'of 1',
  colours: paintColour,
  range: { min: 0, max: 1 },
});

function coverageWords(
  mask: PaintMask,
  rule: 'fractional' | 'binary',
  edit: Edit,
  reading: BlockReading | undefined,
): string {
  const share = coverage(mask);
  if (share === 0) {
    return edit.mask
      ? 'The mask is empty, so this edit changes nothing. Paint, or choose “Everywhere”.'
      : 'No mask yet: the edit acts everywhere. Paint to keep it to a part of the picture.';
  }
  const painted = `${significant(100 * share)} % of the picture is painted`;
  if (reading?.block !== edit.block) return `${painted}.`;
  const weights = maskCells(toEditMask(mask, rule), reading.cellsHigh, reading.cellsWide);
  const touched = weights.filter((weight) => weight > 0);
  const partly = touched.filter((weight) => weight < 1).length;
  return `${painted}; ${touched.length} of ${weights.length} cells of ${edit.block} are touched, ${partly} of them partly.`;
}

function toolFields(
  painting: Painting,
  reading: BlockReading | undefined,
  mask: PaintMask,
  set: (mask: PaintMask) => void,
  actions: PanelActions,
): TemplateResult {
  const { tool, isErasing, radius, softness, rectangle } = painting;
  const fill = (value: 0 | 255): void => {
    if (reading && rectangle) set(filled(mask, reading, rectangle, value));
  };
  const hasRectangle = Boolean(reading && rectangle);
  return html`<div class="toolFields">
    ${dropdown<PaintTool>({
      label: 'Tool',
      value: tool,
      options: [
        { value: 'brush', label: 'Brush' },
        ...(reading
          ? ([
              { value: 'rectangle', label: 'Rectangle of cells' },
              { value: 'cell', label: 'Single cells' },
            ] as const)
          : []),
        { value: 'pan', label: 'Move picture' },
      ],
      onChange: (next) => {
        actions.changePainting({ tool: next, rectangle: null });
      },
    })}
    ${
      tool === 'brush'
        ? html`${checkbox({
            label: 'Erase',
            isChecked: isErasing,
            onChange: (next) => {
              actions.changePainting({ isErasing: next });
            },
          })}
          ${slider({
            label: 'Radius',
            value: radius,
            min: 1,
            max: Math.max(8, Math.round(mask.width / 4)),
            step: 1,
            valueWords: `${radius} px`,
            onInput: (next) => {
              actions.changePainting({ radius: next });
            },
          })}
          ${slider({
            label: 'Soft edge',
            value: softness,
            min: 0,
            max: 1,
            step: 0.05,
            valueWords: `${Math.round(100 * softness)} %`,
            onInput: (next) => {
              actions.changePainting({ softness: next });
            },
          })}`
        : nothing
    }
    ${
      tool === 'rectangle'
        ? html`${button({
            label: 'Fill',
            isDisabled: !hasRectangle,
            title:
              'Paints the chosen cells; choose them by dragging, or with the arrow keys and Shift',
            onClick: () => {
              fill(255);
            },
          })}
          ${button({
            label: 'Clear',
            name: 'Clear the rectangle',
            isDisabled: !hasRectangle,
            onClick: () => {
              fill(0);
            },
          })}`
        : nothing
    }
    ${
      tool === 'cell'
        ? html`<span class="muted"
            >Click a cell, or arrow keys and Enter, to fill or clear it.</span
          >`
        : nothing
    }
  </div>`;
}

function maskFields(
  edit: Edit,
  mask: PaintMask,
  rule: 'fractional' | 'binary',
  recipe: EditRecipe,
  painting: Painting,
  actions: PanelActions,
  set: (mask: PaintMask) => void,
): TemplateResult {
  const act = (label: string, title: string, onClick: () => void): TemplateResult =>
    button({ label, title, onClick });
  return html`<div class="maskFields">
    ${act('Invert', 'Painted becomes clear, clear becomes painted', () => {
      set(inverted(mask));
    })}
    ${act('Soften Edge', 'Blurs the mask by a 32nd of the picture', () => {
      set(softened(mask, mask.width * softEdgeShare));
    })}
    ${act('Clear Mask', 'Nothing is painted; undo brings it back', () => {
      set(emptyMask(mask.width, mask.height));
    })}
    ${dropdown({
      label: 'A cell counts by',
      value: rule,
      options: [
        { value: 'fractional', label: 'Share that is painted' },
        { value: 'binary', label: 'All, once touched' },
      ],
      onChange: (next) => {
        const done = withMask(edit, toEditMask(mask, next));
        actions.setRecipe(painting.variantId, withEdit(recipe, painting.editIndex, done));
      },
    })}
    ${checkbox({
      label: 'Show cells it touches',
      isChecked: painting.isShowingCells,
      onChange: (isShowingCells) => {
        actions.changePainting({ isShowingCells });
      },
    })}
  </div>`;
}

/** Where one of the edit's features was active in the first step. */
function heatFields(
  { threshold }: Painting,
  edit: Edit,
  reading: BlockReading | undefined,
  mask: PaintMask,
  set: (mask: PaintMask) => void,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const source = sourcesOf(edit).find((one) => 'feature' in one);
  const [step] = reading?.steps ?? [];
  if (!source || !('feature' in source) || reading?.block !== edit.block || !step) {
    return nothing;
  }
  const heat = mapOf({ ...reading, ids: step.ids, values: step.values }, source.feature);
  const largest = heat.reduce((a, b) => Math.max(a, b), 0);
  const name = `${edit.block}/${source.feature}`;
  if (largest === 0) {
    return html`<p class="muted">
      ${name} is not active in this picture: no heat map to paint from.
    </p>`;
  }
  return html`<div class="heatFields">
    ${slider({
      label: `Heat map of ${name}, from`,
      value: threshold,
      min: 0,
      max: 1,
      step: 0.02,
      valueWords: `${Math.round(100 * threshold)} % of ${significant(largest)}`,
      onInput: (next) => {
        actions.changePainting({ threshold: next });
      },
    })}
    ${button({
      label: 'Paint from Map',
      title: 'The mask becomes the cells in which the feature is at least as active',
      onClick: () => {
        set(thresholded(mask, reading, heat, threshold * largest));
      },
    })}
  </div>`;
}
