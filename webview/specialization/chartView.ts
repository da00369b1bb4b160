import { html, nothing, svg, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import {
  type Chart,
  type ChartFacet,
  type ChartMark,
  type ChartSeries,
} from '../../src/protocol/specialization.ts';
import { blocks } from '../shared/blocks.ts';
import { significant } from '../../src/numerics/significant.ts';
import { toyNote } from '../shared/toyNote.ts';
import { button } from '../ui/button.ts';
import { type Paint, drawFacet, type Shape } from '../../src/charts/drawFacet.ts';

export interface ChartActions {
  readonly show: (chart: Chart, mark: ChartMark, label: string) => void;
  readonly copyCsv: (chart: Chart) => void;
  readonly copyMarkdown: (chart: Chart) => void;
  readonly saveSvg: (chart: Chart) => void;
  readonly savePng: (chart: Chart) => void;
}

/** A chart with what it says, how it was made, its figures as a table and its exports. */
export function chartView(
  chart: Chart,
  isEmbedded: boolean,
  actions: ChartActions,
): TemplateResult {
  const { id, title, finding, formula, facets } = chart;
  return html`<section class="chart" aria-labelledby="chart-${id}">
    <h2 id="chart-${id}">${title}</h2>
    <p class="finding">${finding}</p>
    <div class="facets">${facets.map((facet) => facetView(chart, facet, actions))}</div>
    ${toyNote(isEmbedded)}
    <div class="buttons">
      ${[
        ['Copy CSV', actions.copyCsv],
        ['Copy Markdown', actions.copyMarkdown],
        ['Save SVG…', actions.saveSvg],
        ['Save PNG…', actions.savePng],
      ].map(([label, act]) => exportButton(chart, label as string, act as (chart: Chart) => void))}
    </div>
    <details>
      <summary>How? <span class="visuallyHidden">${title}</span></summary>
      <p class="formula">${formula}</p>
    </details>
    <details>
      <summary>Show as table <span class="visuallyHidden">${title}</span></summary>
      ${figuresTable(chart, actions)}
    </details>
  </section>`;
}

const exportButton = (chart: Chart, label: string, act: (chart: Chart) => void): TemplateResult =>
  button({
    label,
    name: `${label} ${chart.title}`,
    onClick: () => {
      act(chart);
    },
  });

function facetView(chart: Chart, facet: ChartFacet, { show }: ChartActions): TemplateResult {
  const { width, height, shapes } = drawFacet(facet);
  const hasLegend = facet.kind !== 'heat';
  return html`<figure>
    <figcaption>${facet.title}</figcaption>
    <div class="scroller" tabindex="0" role="region" aria-label="${chart.title}: ${facet.title}">
      <svg
        class="plot"
        viewBox="0 0 ${width} ${height}"
        role="img"
        aria-label="${facet.title}: ${spoken(facet)}"
      >
        ${shapes.map((shape) =>
          drawn(shape, facet, (mark) => {
            show(chart, mark, markLabel(facet, mark));
          }),
        )}
      </svg>
    </div>
    ${
      hasLegend
        ? html`<ul class="legend">
            ${facet.series.map((series) => legendRow(series))}
          </ul>`
        : nothing
    }
  </figure>`;
}

const legendRow = ({ name, block, isControl }: ChartSeries): TemplateResult =>
  html`<li>
    <svg class="swatch" viewBox="0 0 24 8" aria-hidden="true">
      <path
        d="M0 4H24"
        stroke=${block === undefined ? 'currentColor' : colourOf({ block })}
        stroke-width=${isControl ? 1 : 3}
        stroke-dasharray=${isControl ? '3 2' : nothing}
      ></path>
    </svg>
    ${name}${isControl ? html`<span class="muted"> (control)</span>` : nothing}
  </li>`;

/** What the theme calls it. */
function colourOf(paint: Paint): string {
  if (paint === 'ink') return 'currentColor';
  if (paint === 'muted') return 'var(--vscode-descriptionForeground)';
  if (typeof paint === 'string') return paint;
  const colour = blocks.find(({ name }) => name === paint.block)?.colour;
  return colour ?? 'var(--vscode-descriptionForeground)';
}

function drawn(
  shape: Shape,
  facet: ChartFacet,
  show: (mark: ChartMark) => void,
): TemplateResult<2> | typeof nothing {
  const marked = (mark: ChartMark | undefined) =>
    ref((element) => {
      const isOpen = mark?.key !== null && mark !== undefined;
      element?.classList.toggle('open', isOpen);
    });
  const onClick = (mark: ChartMark | undefined) => () => {
    if (mark?.key) show(mark);
  };
  switch (shape.kind) {
    case 'line':
      return svg`<polyline points=${shape.points.map((point) => point.join()).join(' ')} fill="none"
        stroke=${colourOf(shape.stroke)} stroke-width=${shape.width ?? 1} stroke-dasharray=${shape.isDashed ? '4 3' : nothing}></polyline>`;
    case 'box': {
      const [x, y, width, height] = shape.box;
      const { mark } = shape;
      return svg`<rect x=${x} y=${y} width=${Math.max(0, width)} height=${Math.max(0, height)} fill=${shape.fill === 'none' ? 'transparent' : colourOf(shape.fill)}
        stroke=${colourOf(shape.stroke)} stroke-width=${mark?.isSpecial ? 3 : 1.5} stroke-dasharray=${shape.isDashed ? '3 2' : nothing}
        ${marked(mark)} @click=${onClick(mark)}>${mark ? svg`<title>${markLabel(facet, mark)}</title>` : nothing}</rect>`;
    }
    case 'dot': {
      const { mark } = shape;
      return svg`<circle cx=${shape.at[0]} cy=${shape.at[1]} r="5" fill=${shape.fill === 'none' ? 'var(--vscode-editor-background)' : colourOf(shape.fill)}
        stroke=${colourOf(shape.stroke)} stroke-width="1.5" ${marked(mark)} @click=${onClick(mark)}><title>${markLabel(facet, mark)}</title></circle>`;
    }
    case 'text': {
      const [x, y] = shape.at;
      const turn = { up: -90, aslant: -50 };
      return svg`<text x=${x} y=${y} text-anchor=${shape.anchor} fill=${colourOf(shape.fill)} font-weight=${shape.isStrong ? 600 : nothing}
        transform=${shape.isTurned ? `rotate(${turn[shape.isTurned]} ${x} ${y})` : nothing}>${shape.text}</text>`;
    }
  }
}

const seriesOf = (facet: ChartFacet, mark: ChartMark): ChartSeries | undefined =>
  facet.series.find(({ marks }) => marks.includes(mark));

const placeText = ({ columns, xTitle }: ChartFacet, { x }: ChartMark): string =>
  columns?.[x] ?? `${xTitle} ${significant(x)}`;

const intervalText = ({ y, low, high }: ChartMark): string =>
  `${significant(y)} (${significant(low)} to ${significant(high)})`;

/** "up.0.1, dose 1: 3.2 (2.8 to 3.6), 10 features x 12 prompts; dose 1" */
function markLabel(facet: ChartFacet, mark: ChartMark): string {
  const note = mark.note === undefined ? '' : `; ${mark.note}`;
  const name = seriesOf(facet, mark)?.name ?? '';
  return `${name}, ${placeText(facet, mark)}: ${intervalText(mark)}, ${mark.n}${note}`;
}

const spoken = (facet: ChartFacet): string =>
  facet.series
    .map(
      ({ name, marks }) =>
        `${name}: ${marks.map((mark) => `${placeText(facet, mark)} ${significant(mark.y)}`).join(', ')}`,
    )
    .join('; ');

function figuresTable(chart: Chart, { show }: ChartActions): TemplateResult {
  return html`<div
    class="scroller"
    tabindex="0"
    role="region"
    aria-label="Figures of ${chart.title}"
  >
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col" class="text">Figure</th>
          <th scope="col" class="text">Series</th>
          <th scope="col" class="text">Place</th>
          <th scope="col">Value</th>
          <th scope="col">95 % interval</th>
          <th scope="col" class="text">n</th>
          <th scope="col" class="text">Pictures</th>
        </tr>
      </thead>
      <tbody>
        ${chart.facets.flatMap((facet) =>
          facet.series.flatMap(({ name, marks }) =>
            marks.map(
              (mark) =>
                html`<tr>
                  <td class="text">${facet.title}</td>
                  <td class="text">${name}</td>
                  <td class="text">${placeText(facet, mark)}</td>
                  <td>${significant(mark.y)}${mark.isSpecial ? ' *' : ''}</td>
                  <td>${significant(mark.low)} to ${significant(mark.high)}</td>
                  <td class="text">${mark.n}${mark.note === undefined ? '' : `; ${mark.note}`}</td>
                  <td class="text">
                    ${
                      mark.key === null
                        ? '–'
                        : html`<button
                            type="button"
                            class="link"
                            aria-label="Show pictures: ${markLabel(facet, mark)}"
                            @click=${() => {
                              show(chart, mark, markLabel(facet, mark));
                            }}
                          >
                            Show
                          </button>`
                    }
                  </td>
                </tr>`,
            ),
          ),
        )}
      </tbody>
    </table>
  </div>`;
}
