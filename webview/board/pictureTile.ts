import { html, nothing, type TemplateResult } from 'lit';
import type { Picture } from '../../src/protocol/engine.ts';
import type { PictureMap } from '../shared/picture/pictureMap.ts';
import type { Overlay } from '../shared/picture/overlay.ts';
import '../shared/picture/pictureViewer.ts';
import type { ViewState } from '../shared/picture/viewState.ts';

const opaque: Overlay = { isShown: true, opacity: 1, style: 'cells' };

export interface TileOptions {
  readonly title: string;
  readonly alt: string;
  readonly picture: Picture | null | undefined;
  readonly map?: PictureMap | undefined;
  /** Of the kept picture, for its menu; null for one that is not kept. */
  readonly runId?: string | null | undefined;
  /** Of an earlier recipe. */
  readonly isOutdated?: boolean;
}

/** A picture with what it is; zoom and pan are common to all of them. One that is no longer kept leaves no empty frame. */
export function pictureTile(options: TileOptions, position: ViewState): TemplateResult {
  const { title, alt, picture, map, runId, isOutdated = false } = options;
  return html`<figure class="tile ${isOutdated ? 'outdated' : ''}">
    ${
      picture === null
        ? nothing
        : html`<fs-picture
            .picture=${picture}
            .pictureId=${runId ?? ''}
            .alt=${alt}
            .maps=${map ? [map] : noMaps}
            .overlay=${opaque}
            .view=${position}
            .hasZoomBar=${false}
          ></fs-picture>`
    }
    <figcaption>
      ${title}${isOutdated ? ' (of the edit before)' : ''}${picture === null ? ' · its picture is no longer kept, run it again' : ''}
    </figcaption>
  </figure>`;
}

/** The same every time, so that nothing is drawn again for it. */
const noMaps: readonly PictureMap[] = [];
