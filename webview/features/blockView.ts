import { html, nothing, svg, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';
import type { FeatureContext, ReadBlock } from '../../src/protocol/featurePanel.ts';
import { blocks } from '../shared/blocks.ts';
import { figure } from '../shared/figure/figure.ts';
import { cellWords } from '../shared/picture/cells.ts';
import { mapCanvas } from '../shared/picture/pictureCanvas.ts';
import type { PictureMap } from '../shared/picture/pictureMap.ts';
import { significant } from '../../src/numerics/significant.ts';
import { isOneCell } from './area.ts';
import { blockTable, type BlockTable, type Column, type FeatureRow } from './blockTables.ts';
import { activitiesOf, codesOf, unitOf } from './codes.ts';
import { missedHow, missedOf } from './missed.ts';
import type { PanelActions } from './panelActions.ts';
import { questionOf } from './question.ts';
import { sectionId } from './sectionId.ts';
import { isShown, type PanelState } from './state.ts';
import { featureName } from './tiles.ts';

/** A block that the paper does not speak of. */
const plainColour = 'var(--vscode-descriptionForeground)';

/** One section for each block: what fired there, and what the SAE misses. */
export function blockList(
  state: PanelState,
  readings: readonly ReadBlock[],
  actions: PanelActions,
): TemplateResult {
  return html`<div class="blocks">
    ${repeat(
      readings,
      ({ block }) => block,
      (reading) => blockSection(state, reading, actions),
    )}
  </div>`;
}

function blockSection(
  state: PanelState,
  reading: ReadBlock,
  actions: PanelActions,
): TemplateResult {
  const { block, cellsWide, cellsHigh, path } = reading;
  const known = blocks.find(({ name }) => name === block);
  const table = blockTable(reading, questionOf(state, reading));
  const activeCount = activitiesOf(reading, state.stepIndex).length;
  return html`<section
    class="block"
    aria-label="Block ${block}"
    ${ref((element) => {
      // A style attribute, which the directive for styles would write, needs a looser content policy.
      const { style } = (element ?? {}) as Partial<HTMLElement>;
      style?.setProperty('--block-colour', known?.colour ?? plainColour);
    })}
    id=${sectionId(block)}
    tabindex="-1"
  >
    <header>
      <h2 title=${path}>${block}</h2>
      ${known ? html`<span class="role">in the paper: ${known.role}</span>` : nothing}
      <span class="muted count"
        >${activeCount} of ${reading.nFeatures} active, ${cellsWide} × ${cellsHigh} cells</span
      >
      ${missedView(state, reading, actions)}
    </header>
    ${
      table.refusal === undefined
        ? tableView(state, reading, table, actions)
        : html`<p class="muted">${table.refusal}</p>`
    }
  </section>`;
}

function missedView(state: PanelState, reading: ReadBlock, actions: PanelActions): TemplateResult {
  const { map, share } = missedOf(reading, state.stepIndex);
  const isOn = state.missedBlock === reading.block;
  return html`<div class="missed">
    <button
      type="button"
      class="mapButton"
      aria-pressed=${isOn}
      aria-label="Map of what the SAE of ${reading.block} misses"
      title="Map of what the SAE misses"
      @click=${() => {
        actions.send({ kind: 'missedChosen', block: reading.block });
      }}
    >
      <canvas
        width=${map.cellsWide}
        height=${map.cellsHigh}
        aria-hidden="true"
        ${ref((element) => {
          drawSmall(element as HTMLCanvasElement | undefined, map);
        })}
      ></canvas>
    </button>
    ${figure({
      label: 'Missed by the SAE',
      value: Number.isFinite(share) ? significant(100 * share) : '–',
      unit: '% of the spread',
      how: missedHow,
    })}
  </div>`;
}

const drawn = new WeakMap<HTMLCanvasElement, PictureMap>();

function drawSmall(canvas: HTMLCanvasElement | undefined, map: PictureMap): void {
  if (!canvas || drawn.get(canvas) === map) return;
  drawn.set(canvas, map);
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, map.cellsWide, map.cellsHigh);
  context.drawImage(mapCanvas(map, 'cells'), 0, 0);
}

function tableView(
  state: PanelState,
  reading: ReadBlock,
  table: BlockTable,
  actions: PanelActions,
): TemplateResult {
  if (table.rows.length === 0) return html`<p class="muted">${emptyWords(state)}</p>`;
  return html`<table class="features">
    <caption class="muted">
      ${captionWords(state, reading, table)}
    </caption>
    <thead>
      <tr>
        <th scope="col" class="feature">Feature</th>
        <td class="bar"></td>
        ${table.columns.map(
          ({ title, meaning }) => html`<th scope="col" title=${meaning}>${title}</th>`,
        )}
        <td></td>
      </tr>
    </thead>
    <tbody>
      ${repeat(
        table.rows,
        ({ id }) => id,
        (row) => rowView(state, reading, table.columns, row, actions),
      )}
    </tbody>
  </table>`;
}

function emptyWords({ area, host }: PanelState): string {
  if (host?.other) return 'No feature of this block is active in either picture.';
  if (!area) return 'No feature of this block is active.';
  return isOneCell(area)
    ? 'No feature of this block is active in this cell.'
    : 'No feature of this block is stronger here than in the rest of the picture.';
}

function captionWords(state: PanelState, reading: ReadBlock, table: BlockTable): string {
  const { area, host, unit, stepIndex } = state;
  const { rowCount, rows } = table;
  const count = `${rows.length} of ${Math.max(rowCount, rows.length)}`;
  const unitText =
    unitOf(reading, unit) === 'activation' ? 'activations' : "in units of each feature's own mean";
  const where = area ? cellWords(area.rectangle).toLowerCase() : '';
  const what = host?.other
    ? 'by how much the two pictures differ'
    : area
      ? isOneCell(area)
        ? `in ${where}`
        : `${where} against the rest`
      : 'whole picture';
  const unknownCount = codesOf(reading, stepIndex, unit).unknownIds.size;
  const left = unknownCount > 0 ? `; ${unknownCount} active without a known mean are left out` : '';
  return `${count}, ${what}, ${unitText}${left}`;
}

function rowView(
  state: PanelState,
  { block }: ReadBlock,
  columns: readonly Column[],
  row: FeatureRow,
  actions: PanelActions,
): TemplateResult {
  const feature = { block, id: row.id };
  const isOn = isShown(state, feature) && state.missedBlock === null;
  const name = featureName(feature);
  const context: FeatureContext = {
    webviewSection: 'feature',
    ...feature,
    isPinned: row.isPinned,
    preventDefaultContextMenuItems: true,
  };
  return html`<tr class=${isOn ? 'shown' : ''} data-vscode-context=${JSON.stringify(context)}>
    <th scope="row" class="feature">
      <button
        type="button"
        class="featureId"
        aria-pressed=${isOn}
        aria-label=${name}
        title="Show where ${name} is active; with Ctrl, beside what is shown"
        @click=${(event: MouseEvent) => {
          actions.show(feature, event.ctrlKey || event.metaKey || event.shiftKey);
        }}
      >
        ${row.id}
      </button>
    </th>
    <td class="bar">${strengthBar(row.strength)}</td>
    ${row.numbers.map((number, index) => html`<td>${words(number, columns[index]!)}</td>`)}
    <td class="rowButtons">
      ${iconButton(
        isOn ? `Take ${name} off the picture` : `Show ${name} beside the others`,
        isOn,
        'M8 3v10M3 8h10',
        () => {
          actions.show(feature, true);
        },
      )}
      ${iconButton(
        row.isPinned ? `Unpin ${name}` : `Pin ${name}`,
        row.isPinned,
        'M5.5 2.5h5M6.5 2.5v5l-2 2h7l-2-2v-5M8 9.5v4',
        () => {
          actions.pin(feature, !row.isPinned);
        },
      )}
    </td>
  </tr>`;
}

function words(number: number, { kind }: Column): string {
  if (kind === 'percent') return `${significant(100 * number)} %`;
  return kind === 'count' ? String(number) : significant(number);
}

const strengthBar = (strength: number): TemplateResult =>
  html`<svg class="strengthBar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
    ${svg`<rect width=${100 * strength} height="1" />`}
  </svg>`;

const iconButton = (
  name: string,
  isOn: boolean,
  path: string,
  onClick: () => void,
): TemplateResult =>
  html`<button
    type="button"
    class="rowButton"
    aria-pressed=${isOn}
    aria-label=${name}
    title=${name}
    @click=${onClick}
  >
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      ${svg`<path d=${path} fill="none" stroke="currentColor" />`}
    </svg>
  </button>`;
