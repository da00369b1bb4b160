import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import type { RunManifest } from '../../src/protocol/manifest.ts';
import { runTitle, seedWords } from '../../src/protocol/runTitle.ts';
import { cellWords, type CellRectangle } from '../shared/picture/cells.ts';
import { mapTable } from '../shared/picture/mapTable.ts';
import { overlayControls } from '../shared/picture/overlayControls.ts';
import '../shared/picture/pictureViewer.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { button } from '../ui/button.ts';
import { dropdown } from '../ui/dropdown.ts';
import { rectangleIn } from './area.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';
import { featureName, finestGrid, type Tile } from './tiles.ts';

/** The picture, or several, with maps; how they are drawn; the same numbers as a table. */
export function pictureSide(
  state: PanelState,
  readings: readonly ReadBlock[],
  tiles: readonly Tile[],
  position: ViewState,
  actions: PanelActions,
): TemplateResult {
  return html`<section class="pictureSide" aria-label="Picture">
    <div class="tiles">
      ${repeat(
        tiles,
        ({ key }) => key,
        (tile) => tileView(state, readings, tile, position, actions),
      )}
    </div>
    ${readings.length > 0 ? [mapControls(state, actions), tables(state, tiles, actions)] : nothing}
  </section>`;
}

function tileView(
  state: PanelState,
  readings: readonly ReadBlock[],
  tile: Tile,
  position: ViewState,
  actions: PanelActions,
): TemplateResult {
  const { runId, manifest, title, maps } = tile;
  const finest = finestGrid(readings);
  const grid = maps[0] ?? finest;
  return html`<figure class="tile">
    <fs-picture
      .picture=${state.pixels[runId]}
      .pictureId=${runId}
      .alt=${altText(manifest, maps.length > 0 ? maps.map(({ name }) => name) : [])}
      .maps=${maps}
      .cells=${finest}
      .overlay=${state.overlay}
      .view=${position}
      .tool=${'rectangle'}
      .selection=${state.area && grid ? rectangleIn(grid, state.area) : null}
      @selectionchange=${({ detail }: CustomEvent<CellRectangle | null>) => {
        const area = detail && grid ? { rectangle: detail, grid } : null;
        actions.send({ kind: 'areaChosen', area });
      }}
    ></fs-picture>
    <figcaption>
      ${title === '' ? nothing : html`<strong>${title}:</strong>`}
      ${manifest.explained ? runTitle(manifest) : manifest.prompt || '(no prompt)'}
      <span class="seed">${seedWords(manifest)}</span>
    </figcaption>
  </figure>`;
}

const altText = (manifest: RunManifest, maps: readonly string[]): string =>
  [
    manifest.explained
      ? `Picture ${runTitle(manifest)}`
      : `Picture for the prompt “${manifest.prompt}”, seed ${manifest.seed}`,
    ...(maps.length > 0 ? [`with the maps of ${maps.join(', ')}`] : []),
  ].join(', ');

function mapControls(state: PanelState, actions: PanelActions): TemplateResult {
  const { shown, missedBlock, scale, arrangement, overlay, area } = state;
  const hasSeveral = shown.length > 1 && missedBlock === null;
  const isEmpty = shown.length === 0 && missedBlock === null;
  return html`<div class="mapControls">
    ${overlayControls(overlay, (next) => {
      actions.choose({ overlay: next });
    })}
    <div class="overlayControls" role="group" aria-label="Several maps">
      ${dropdown({
        label: 'Colours end at',
        value: scale,
        options: [
          { value: 'own', label: 'Own maximum' },
          { value: 'common', label: 'Common maximum' },
        ],
        onChange: (next) => {
          actions.choose({ scale: next });
        },
      })}
      ${
        hasSeveral
          ? dropdown({
              label: 'Features',
              value: arrangement,
              options: [
                { value: 'together', label: 'In one picture' },
                { value: 'sideBySide', label: 'Side by side' },
              ],
              onChange: (next) => {
                actions.choose({ arrangement: next });
              },
            })
          : nothing
      }
    </div>
    <p class="hint">
      ${
        isEmpty
          ? 'Choose a feature to see where it is active. '
          : button({
              label: 'No map',
              title: 'Take all maps off the picture',
              onClick: () => {
                actions.clearMaps();
              },
            })
      }
      ${
        area
          ? html`${cellWords(area.rectangle)}
            ${button({
              label: 'Whole picture',
              title: 'List the features of the whole picture again (Escape in the picture)',
              onClick: () => {
                actions.send({ kind: 'areaChosen', area: null });
              },
            })}`
          : html`<span class="muted"
              >Click a cell, or drag over several, to list what is active there. Hold space in the
              picture to see it without maps.</span
            >`
      }
    </p>
  </div>`;
}

function tables(
  { isTableOpen, shown }: PanelState,
  tiles: readonly Tile[],
  actions: PanelActions,
): TemplateResult | typeof nothing {
  if (tiles.every(({ maps }) => maps.length === 0)) return nothing;
  return html`<details
    class="tables"
    .open=${isTableOpen}
    @toggle=${(event: Event) => {
      const { open } = event.currentTarget as HTMLDetailsElement;
      if (open !== isTableOpen) actions.choose({ isTableOpen: open });
    }}
  >
    <summary>Show as table</summary>
    ${
      isTableOpen
        ? tiles.flatMap(({ maps, title }) =>
            maps.map((map) => [
              title === '' || title.endsWith(shown.map(featureName).join())
                ? nothing
                : html`<p class="muted">${title}</p>`,
              mapTable(map),
            ]),
          )
        : nothing
    }
  </details>`;
}
