import { html, nothing, type TemplateResult } from 'lit';
import type { BoardState, BoardVariant, StripEvidence } from '../../src/protocol/boardPanel.ts';
import type { EditRecipe, StrengthUnit } from '../../src/protocol/recipe.ts';
import { doseCurve } from '../shared/doseCurve/doseCurve.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import { stale } from './controlsView.ts';
import type { PanelActions } from './panelActions.ts';
import { pictureTile } from './pictureTile.ts';
import { sourcesOf } from './recipeEdit.ts';
import { unitWords } from './recipeWords.ts';
import type { PanelState } from './state.ts';

/** Both sides of 0, and well beyond what is observed. */
const strengths: Readonly<Record<StrengthUnit, readonly number[]>> = {
  mean: [-20, -10, -5, 0, 5, 10, 20],
  max: [-2, -1, -0.5, 0, 0.5, 1, 2],
  raw: [-200, -100, -50, 0, 50, 100, 200],
};

/** Dose and response of the recipe's first feature or direction. */
export function stripSection(
  { pixels }: PanelState,
  host: BoardState,
  { id }: BoardVariant,
  recipe: EditRecipe,
  position: ViewState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const editIndex = recipe.edits.findIndex((edit) => sourcesOf(edit).length > 0);
  const edit = recipe.edits[editIndex];
  if (!edit) return nothing;
  const evidence = host.evidence[id];
  const strip = evidence?.strip;
  const hasMeans = host.blocks.find(({ block }) => block === edit.block)?.hasMeans ?? false;
  const unit = 'strength' in edit ? edit.strength.unit : hasMeans ? 'mean' : 'max';
  return html`<details class="section" ?open=${strip !== undefined}>
    <summary>Dose and response</summary>
    <p class="muted">
      The first feature or direction of the recipe, added in ${strengths[unit].length} strengths,
      same seed: ${strengths[unit].join(', ')} ${unitWords[unit]}.
    </p>
    ${button({
      label: 'Make Strip',
      isDisabled: host.job !== null,
      onClick: () => {
        const from = { editIndex, sourceIndex: 0, strengths: strengths[unit], unit };
        actions.start({ kind: 'strip', variantId: id, ...from });
      },
    })}
    ${
      strip
        ? html`${evidence.isStale ? stale : nothing} ${stripTiles(strip, pixels, position)}
          ${
            strip.pictures.length > 1
              ? doseCurve(
                  strip.pictures.map(({ strength, cell }) => ({
                    strength,
                    distance: cell.figures?.pixelDistance ?? 0,
                  })),
                  unitWords[unit],
                )
              : nothing
          }`
        : nothing
    }
  </details>`;
}

/** Feature icons that were made, newest first. */
export function iconsView(
  { pixels }: PanelState,
  { icons }: BoardState,
  position: ViewState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  if (icons.length === 0) return nothing;
  return html`<details class="section wide" open>
    <summary>Feature icons</summary>
    <p class="muted">
      The feature alone on the empty prompt: D_out = D_in + γ · k · μ · W at every cell (Surkov et
      al. 2024).
    </p>
    ${icons.map(
      (icon) =>
        html`<div class="icon-strip">
          <h2>${icon.label}</h2>
          ${stripTiles(icon, pixels, position, actions)}
        </div>`,
    )}
  </details>`;
}

function stripTiles(
  { original, pictures, unit }: StripEvidence,
  pixels: PanelState['pixels'],
  position: ViewState,
  actions?: PanelActions,
): TemplateResult {
  const isIcon = unit === 'γ';
  const words = unit in unitWords ? unitWords[unit as StrengthUnit] : unit;
  const name = (strength: number): string =>
    isIcon ? `γ = ${significant(strength)}` : `${significant(strength)} ${words}`;
  return html`<div class="tiles">
    ${
      isIcon
        ? pictureTile(
            {
              title: 'Empty prompt',
              alt: 'Unedited picture of the empty prompt',
              picture: pixels[original.pictureId],
            },
            position,
          )
        : nothing
    }
    ${pictures.map(
      ({ strength, cell }) =>
        html`<div>
          ${pictureTile(
            { title: name(strength), alt: name(strength), picture: pixels[cell.pictureId] },
            position,
          )}
          ${
            actions
              ? html`<button
                  type="button"
                  class="link"
                  aria-label="Save picture at ${name(strength)}"
                  @click=${() => {
                    actions.savePng(cell.pictureId);
                  }}
                >
                  Save…
                </button>`
              : nothing
          }
        </div>`,
    )}
  </div>`;
}
