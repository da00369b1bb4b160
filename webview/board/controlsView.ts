import { html, nothing, type TemplateResult } from 'lit';
import { effectSize } from '../../src/numerics/effectSize.ts';
import type {
  BoardCell,
  BoardState,
  BoardVariant,
  ControlsEvidence,
} from '../../src/protocol/boardPanel.ts';
import { controlKinds, type ControlKind } from '../../src/protocol/interventions.ts';
import type { ViewState } from '../shared/picture/viewState.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import type { PanelActions } from './panelActions.ts';
import { pictureTile } from './pictureTile.ts';
import type { PanelState } from './state.ts';

const kindWords: Readonly<Record<ControlKind, string>> = {
  random: 'Random live features of equal mass',
  sign: 'Sign flipped',
  direction: 'Random direction of equal norm',
  permuted: 'Same feature, map permuted',
};
const perKind = 4;

/** Whether the effect is more than that of edits which only look alike. */
export function controlsView(
  { pixels }: PanelState,
  host: BoardState,
  { id }: BoardVariant,
  position: ViewState,
  actions: PanelActions,
): TemplateResult {
  const evidence = host.evidence[id];
  const controls = evidence?.controls;
  return html`<details class="section" ?open=${controls !== undefined}>
    <summary>Matched controls</summary>
    <p class="muted">
      The same amount of change, made by something else. An effect that the controls have too says
      nothing about this feature.
    </p>
    ${button({
      label: controls ? 'Run Controls Again' : 'Run Controls',
      isDisabled: host.job !== null,
      title: `${perKind} of each kind with chance in it, seed ${controls ? controls.seed + 1 : 0}`,
      onClick: () => {
        const seed = controls ? controls.seed + 1 : 0;
        actions.start({ kind: 'controls', variantId: id, count: perKind, seed });
      },
    })}
    ${
      controls && controls.controls.length > 0
        ? html`${evidence.isStale ? stale : nothing} ${controlTable(controls)}
            <div class="tiles">
              ${pictureTile(
                { title: 'The edit', alt: 'The edit', picture: pixels[controls.effect.pictureId] },
                position,
              )}
              ${controls.controls.map(({ label, cell }) =>
                pictureTile(
                  { title: label, alt: `Control: ${label}`, picture: pixels[cell.pictureId] },
                  position,
                ),
              )}
            </div>`
        : nothing
    }
  </details>`;
}

export const stale: TemplateResult = html`<p class="staleNote" role="note">
  Of the edit before: the recipe has changed since.
</p>`;

const measureOf = (cell: BoardCell, region: ControlsEvidence['region']): number =>
  (region === 'everything' ? null : cell.figures?.area.inside) ?? cell.figures?.pixelDistance ?? 0;

const regionWords: Readonly<Record<ControlsEvidence['region'], string>> = {
  mask: 'Mean |Δ| inside the mask, of 255',
  active: 'Mean |Δ| inside the cells where the edited features were active, of 255',
  everything: 'Mean |Δ| of the whole picture, of 255',
};

function controlTable({ effect, region, controls, seed, mass }: ControlsEvidence): TemplateResult {
  const own = measureOf(effect, region);
  const measures = (kind?: ControlKind): number[] =>
    controls
      .filter((one) => kind === undefined || one.kind === kind)
      .map(({ cell }) => measureOf(cell, region));
  const row = (name: string, values: readonly number[]): TemplateResult => {
    const { controlMean, controlStd, size } = effectSize(own, values);
    const ratio = controlMean > 0 ? `${significant(own / controlMean)} ×` : '–';
    return html`<tr>
      <th scope="row">${name}</th>
      <td>${values.length}</td>
      <td>${significant(controlMean)}</td>
      <td>${values.length > 1 ? significant(controlStd) : '–'}</td>
      <td>${ratio}</td>
      <td>${size === null ? '–' : significant(size)}</td>
    </tr>`;
  };
  const masses = controls.map((one) => one.mass);
  const kinds = controlKinds.filter((kind) => controls.some((one) => one.kind === kind));
  return html`<div class="tableFrame" tabindex="0" role="region" aria-label="Matched controls">
    <table class="figureTable">
      <caption>
        ${regionWords[region]}. The edit: ${significant(own)}. Seed of the controls: ${seed}. Mass
        (Σ |weight| · ‖W‖) of the edit ${significant(mass)}, of the controls
        ${significant(Math.min(...masses))} to ${significant(Math.max(...masses))}.
      </caption>
      <thead>
        <tr>
          <th scope="col">Control</th>
          <th scope="col">n</th>
          <th scope="col">Mean</th>
          <th scope="col">Std</th>
          <th scope="col">Edit / control</th>
          <th scope="col" title="(edit − mean of the controls) / their sample standard deviation">
            Effect size
          </th>
        </tr>
      </thead>
      <tbody>
        ${kinds.map((kind) => row(kindWords[kind], measures(kind)))}
        ${kinds.length > 1 ? row('All', measures()) : nothing}
      </tbody>
    </table>
  </div>`;
}
