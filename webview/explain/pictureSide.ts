import { html, nothing, type TemplateResult } from 'lit';
import type { Picture } from '../../src/protocol/engine.ts';
import { featureName } from '../../src/protocol/featureName.ts';
import { type CellGrid, type CellRectangle, cellWords } from '../shared/picture/cells.ts';
import { mapTable } from '../shared/picture/mapTable.ts';
import { overlayControls } from '../shared/picture/overlayControls.ts';
import type { PictureMap, ValueRange } from '../shared/picture/pictureMap.ts';
import '../shared/picture/pictureViewer.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { button } from '../ui/button.ts';
import type { PanelActions } from './panelActions.ts';
import { meanMap } from './rows.ts';
import type { Content, PanelState } from './state.ts';

/** The picture as the model saw it, what the VAE makes of it and the control, with the map of the chosen feature. */
export function pictureSide(
  state: PanelState,
  content: Content,
  position: ViewState,
  actions: PanelActions,
): TemplateResult {
  const { host, overlay, area } = state;
  const maps = mapsOf(state, content);
  const isEncoded = host?.result?.path.kind === 'encoded';
  const tile = (title: string, picture: Picture, map: PictureMap | null): TemplateResult =>
    tileView({ title, picture, map, position, overlay: state.overlay });
  return html`<section class="pictureSide" aria-label="Picture">
    <figure class="tile main">
      <fs-picture
        .picture=${content.picture}
        .alt=${altText(host?.result?.file.name ?? '', maps.picture)}
        .maps=${maps.picture ? [maps.picture] : []}
        .cells=${finestGrid(content)}
        .overlay=${overlay}
        .view=${position}
        .tool=${'rectangle'}
        .selection=${area?.rectangle ?? null}
        @selectionchange=${({ detail }: CustomEvent<CellRectangle | null>) => {
          const grid = maps.picture ?? finestGrid(content);
          actions.send({
            kind: 'area',
            area: detail && grid ? { rectangle: detail, grid: sizeOf(grid) } : null,
          });
        }}
      ></fs-picture>
      <figcaption>${isEncoded ? 'As the model saw it, before the noise' : 'Made again'}</figcaption>
    </figure>
    <p class="hint">
      ${
        area
          ? html`Why here? ${cellWords(area.rectangle)}
            ${button({
              label: 'Whole Picture',
              onClick: () => {
                actions.send({ kind: 'area', area: null });
              },
            })}`
          : html`<span class="muted"
              >Why here? Click a cell, or drag over several. Choose a feature to see where it
              is.</span
            >`
      }
    </p>
    ${
      content.roundTrip || content.control
        ? html`<div class="tiles">
            ${content.control ? tile('Control', content.control, maps.control) : nothing}
            ${content.roundTrip ? tile('Through the VAE and back', content.roundTrip, null) : nothing}
          </div>`
        : nothing
    }
    ${overlayControls(overlay, (next) => {
      actions.send({ kind: 'chosen', choices: { overlay: next } });
    })}
    ${
      maps.picture
        ? html`<details class="tables">
            <summary>Show as table</summary>
            ${mapTable(maps.picture)} ${maps.control ? mapTable(maps.control) : nothing}
          </details>`
        : nothing
    }
  </section>`;
}

interface TileOptions {
  readonly title: string;
  readonly picture: Picture;
  readonly map: PictureMap | null;
  readonly position: ViewState;
  readonly overlay: PanelState['overlay'];
}

const tileView = ({ title, picture, map, position, overlay }: TileOptions): TemplateResult =>
  html`<figure class="tile">
    <fs-picture
      .picture=${picture}
      .alt=${altText(title, map)}
      .maps=${map ? [map] : []}
      .overlay=${overlay}
      .view=${position}
      .hasZoomBar=${false}
    ></fs-picture>
    <figcaption>${title}</figcaption>
  </figure>`;

const altText = (name: string, map: PictureMap | null): string =>
  map ? `${name}, with the map of ${map.name}` : name;

const sizeOf = ({ cellsHigh, cellsWide }: CellGrid): CellGrid => ({ cellsHigh, cellsWide });

function finestGrid({ readings }: Content): CellGrid | undefined {
  const [finest] = [...readings].sort((a, b) => b.cellsHigh - a.cellsHigh);
  return finest && sizeOf(finest);
}

let lastMaps:
  | {
      readonly content: Content;
      readonly key: string;
      readonly maps: Readonly<Record<'picture' | 'control', PictureMap | null>>;
    }
  | undefined;

/** Both maps end at the same value, so that colours can be compared. Made anew only for another feature or step. */
function mapsOf(
  { shown, stepIndex, host }: PanelState,
  content: Content,
): Readonly<Record<'picture' | 'control', PictureMap | null>> {
  const isEncoded = host?.result?.path.kind === 'encoded';
  const key = shown ? `${featureName(shown)} ${isEncoded ? '' : String(stepIndex)}` : '';
  if (lastMaps?.content === content && lastMaps.key === key) return lastMaps.maps;
  const at = isEncoded ? null : stepIndex;
  const ofPicture = shown && meanMap(content.readings, shown, at);
  const ofControl = shown && isEncoded ? meanMap(content.controlReadings, shown, at) : null;
  const max = Math.max(...(ofPicture?.values ?? []), ...(ofControl?.values ?? []), 0);
  const range: ValueRange = { min: 0, max: max > 0 ? max : 1 };
  const name = shown ? featureName(shown) : '';
  const map = (made: typeof ofPicture, of: string): PictureMap | null =>
    made && { ...made, name: of, range, unit: 'activation', colours: 'viridis' };
  const maps = { picture: map(ofPicture, name), control: map(ofControl, `${name} in the control`) };
  lastMaps = { content, key, maps };
  return maps;
}
