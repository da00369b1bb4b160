import { html, nothing, type TemplateResult } from 'lit';
import type { CardDrawing, CardDrawingKind } from '../../src/protocol/cardPanel.ts';
import { doseCurve } from '../shared/doseCurve/doseCurve.ts';
import { jobBar } from '../shared/jobBar/jobBar.ts';
import type { Overlay } from '../shared/picture/overlay.ts';
import '../shared/picture/pictureViewer.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

const overlay: Overlay = { isShown: false, opacity: 1, style: 'cells' };
const titles: Readonly<Record<CardDrawingKind, string>> = {
  icon: 'Draw Icon',
  strip: 'Draw Dose Strip',
};
const hows: Readonly<Record<CardDrawingKind, string>> = {
  icon: 'The feature alone on the empty prompt: D_out = D_in + γ · k · μ · W at every cell',
  strip: 'The feature added to the current picture in six strengths, same seed',
};
const units: Readonly<Record<CardDrawing['unit'], string>> = {
  γ: 'γ',
  mean: '× mean',
  max: '× observed maximum',
};

/** What the feature does, made when it is asked for. */
export function drawingSection(
  { drawing, drawings }: PanelState,
  actions: PanelActions,
): TemplateResult {
  return html`<section class="drawings" aria-label="What it does">
    <h2>What it does</h2>
    <div class="buttons">
      ${(['icon', 'strip'] as const).map((kind) =>
        button({
          label: titles[kind],
          title: hows[kind],
          isDisabled: drawing !== null,
          onClick: () => void actions.draw(kind),
        }),
      )}
    </div>
    ${
      drawing
        ? jobBar({
            phase: titles[drawing.kind],
            fraction: drawing.total > 0 ? drawing.done / drawing.total : 0,
            onCancel: () => {
              actions.cancelDrawing();
            },
            onLog: () => {
              actions.services.act('showLog');
            },
          })
        : nothing
    }
    ${drawings.icon ? tiles(drawings.icon) : nothing}
    ${drawings.strip ? tiles(drawings.strip) : nothing}
  </section>`;
}

const tiles = ({ kind, prompt, unit, pictures }: CardDrawing): TemplateResult =>
  html`<p class="muted">
      ${hows[kind]}${kind === 'strip' ? html`: ${prompt === '' ? 'empty prompt' : `“${prompt}”`}` : ''}.
      Below: mean distance to the picture without it, of 255.
    </p>
    <div class="drawingTiles">
      ${pictures.map(({ strength, distance, width, height, rgb }) => {
        const name = `${unit === 'γ' ? 'γ = ' : ''}${significant(strength)}${unit === 'γ' ? '' : ` ${units[unit]}`}`;
        return html`<figure>
          <fs-picture
            .picture=${pictureOf(rgb, width, height)}
            .alt=${name}
            .maps=${[]}
            .overlay=${overlay}
            .hasZoomBar=${false}
          ></fs-picture>
          <figcaption>${name}<br /><span class="muted">${significant(distance)}</span></figcaption>
        </figure>`;
      })}
    </div>
    ${kind === 'strip' ? doseCurve(pictures, units[unit]) : nothing}`;

/** The same object for the same pixels, so that nothing is drawn again. */
const known = new WeakMap<ArrayBuffer, { width: number; height: number; rgb: Uint8Array }>();
function pictureOf(rgb: ArrayBuffer, width: number, height: number) {
  const picture = known.get(rgb) ?? { width, height, rgb: new Uint8Array(rgb) };
  known.set(rgb, picture);
  return picture;
}
