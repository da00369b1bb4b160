import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { ref } from 'lit/directives/ref.js';
import type { FeatureServices } from '../shared/featureServices.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { featureDrop } from '../shared/featureChip/featureDrag.ts';
import { problem } from '../shared/problem/problem.ts';
import { galleryBar } from './bar.ts';
import { type GridWindow, rowHeight } from './gridWindow.ts';
import { defaultQuery, moveFocus, type PanelEvent, type PanelState, rowAt } from './state.ts';
import { galleryTile } from './tile.ts';

export interface GalleryParts {
  readonly send: (event: PanelEvent) => void;
  readonly services: FeatureServices;
  readonly grid: GridWindow;
}

/** What is looked for, then the grid of what was found. */
export function galleryView(state: PanelState, parts: GalleryParts): TemplateResult {
  const { host, trouble } = state;
  const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
  return html`<h1 class="visuallyHidden">Feature gallery</h1>
    ${
      told
        ? problem({
            severity: 'error',
            ...{ cause: told.cause, action: told.action },
            onAct: (id) => {
              parts.services.act(id);
            },
            onLog: () => {
              parts.services.act('showLog');
            },
          })
        : nothing
    }
    ${host?.isRead ? content(state, parts) : waiting(state)}`;
}

const waiting = ({ host, trouble }: PanelState): TemplateResult | typeof nothing =>
  host?.problem || trouble !== null
    ? nothing
    : html`<p class="waiting" role="status">Reading the indexes…</p>`;

function content(state: PanelState, parts: GalleryParts): TemplateResult {
  if (state.host?.blocks.length === 0) {
    return emptyState({
      title: 'No index yet',
      text: 'The gallery shows every feature by its strongest picture. It needs an index, which is made from a collected set of pictures.',
      actionLabel: 'Index…',
      onAct: () => {
        parts.services.run('indexSae');
      },
    });
  }
  return html`${galleryBar(state, parts)}
  ${
    state.totalCount === 0
      ? emptyState({
          title: 'Nothing found',
          text: 'No feature fits all of this. Other words, other filters or all blocks may.',
          actionLabel: 'Clear Filters',
          onAct: () => {
            parts.send({ kind: 'query', query: { ...defaultQuery, block: state.query.block } });
          },
        })
      : grid(state, parts)
  }`;
}

function grid(state: PanelState, parts: GalleryParts): TemplateResult {
  const { grid: window, send, services } = parts;
  const count = state.totalCount ?? 0;
  const { columns } = window;
  const { from, to } = window.range(count);
  const firstRow = Math.floor(from / columns);
  const rows = Array.from(
    { length: Math.max(0, Math.ceil((to - from) / columns)) },
    (_, row) => firstRow + row,
  );
  const focus = (index: number): void => {
    send({ kind: 'focused', index });
    window.reveal(index);
    focusTile(index);
  };
  // Where one list is shown, what is dropped goes on it.
  const { list } = state.query;
  const dropped = list === null ? undefined : featureDrop((features) => void services.setList(list, features, true)); // prettier-ignore
  return html`<div
    class="grid"
    @dragover=${dropped?.over}
    @drop=${dropped?.drop}
    role="grid"
    tabindex="-1"
    aria-label="Features"
    aria-rowcount=${Math.ceil(count / columns)}
    aria-colcount=${columns}
    ${ref(window.attach)}
    ${ref((element) => {
      (element as HTMLElement | undefined)?.style.setProperty(
        'height',
        `${String(window.height(count))}px`,
      );
      (element as HTMLElement | undefined)?.style.setProperty('--columns', String(columns));
    })}
    @keydown=${(event: KeyboardEvent) => {
      const at = rowAt(state, state.focusIndex);
      // Browsers press a button for Enter alone.
      if (at && event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        services.onBoard({ block: at.block, id: at.id });
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const place = { columns, rowsInView: window.rowsInView - 1, count };
      const next = moveFocus(event.key, state.focusIndex, place);
      if (next !== undefined) focus(next);
      else if (event.key.toLowerCase() === 'p' && at) {
        const isPinned = state.host?.pinned.some(
          (one) => one.block === at.block && one.id === at.id,
        );
        services.pin({ block: at.block, id: at.id }, !isPinned);
      } else return;
      event.preventDefault();
    }}
  >
    ${repeat(
      rows,
      (row) => row,
      (row) =>
        html`<div
          class="gridRow"
          role="row"
          aria-rowindex=${row + 1}
          ${ref((element) => {
            (element as HTMLElement | undefined)?.style.setProperty(
              'top',
              `${String(row * rowHeight)}px`,
            );
          })}
        >
          ${Array.from({ length: Math.min(columns, count - row * columns) }, (_, column) =>
            galleryTile(state, row * columns + column, column, parts),
          )}
        </div>`,
    )}
  </div>`;
}

let wantedTile = 0;

/** A tile may be drawn some frames after its grid was scrolled; until then the grid has the focus, so that no key is lost. */
function focusTile(index: number): void {
  wantedTile = index;
  const grid = document.querySelector<HTMLElement>('.grid');
  const tile = grid?.querySelector<HTMLElement>(`[data-index="${String(index)}"]`);
  if (tile) {
    tile.focus();
    return;
  }
  grid?.focus({ preventScroll: true });
  requestAnimationFrame(() => {
    if (wantedTile === index && document.activeElement === grid) focusTile(index);
  });
}
