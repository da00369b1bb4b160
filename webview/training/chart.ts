import { html, nothing, svg, type TemplateResult } from 'lit';
import type { TrainingView } from '../../src/protocol/training.ts';
import { blockColour } from '../shared/blockColour.ts';
import { significant } from '../../src/numerics/significant.ts';
import { type Scale, scaleOf } from './scale.ts';
import { type FigureId, figureOf, pointAt } from './state.ts';

export interface Figure {
  readonly id: FigureId;
  readonly title: string;
  /** For the head of a column. */
  readonly short: string;
  readonly text: (value: number) => string;
}

const percent = (share: number): string =>
  Number.isFinite(share) ? `${significant(100 * share)} %` : '–';
const plain = (value: number): string => (Number.isFinite(value) ? significant(value) : '–');

export const figures: readonly Figure[] = [
  { id: 'loss', title: 'Loss', short: 'Loss', text: plain },
  { id: 'explainedVariance', title: 'Explained variance (EV)', short: 'EV', text: percent },
  { id: 'l0', title: 'L0, active features a cell', short: 'L0', text: plain },
  { id: 'deadShare', title: 'Dead, of all features', short: 'Dead', text: percent },
];

/** SAEs of one block have its colour, and lines of their own kind. */
function dashOf({ plan }: TrainingView, sae: string): string {
  const saes = plan?.saes ?? [];
  const block = saes.find(({ name }) => name === sae)?.block;
  const place = saes.filter((one) => one.block === block).findIndex(({ name }) => name === sae);
  return ['', '6 3', '2 3', '8 3 2 3'][place % 4] ?? '';
}

/** One line of the legend or of a chart. */
export const lineSwatch = (training: TrainingView, sae: string): TemplateResult =>
  html`<svg class="swatch" viewBox="0 0 24 8" aria-hidden="true">
    <path d="M0 4H24" stroke-dasharray=${dashOf(training, sae) || nothing}></path>
  </svg>`;

const wide = 1000;
const high = 100;

/** One figure of all SAEs over all steps of the training, also those to come. */
export function chart(
  figure: Figure,
  training: TrainingView,
  pointed: number | null,
  onPoint: (index: number | null) => void,
): TemplateResult {
  const { points, plan } = training;
  const saes = plan?.saes ?? [];
  const stepCount = plan?.stepCount ?? 1;
  const values = points.flatMap((point) =>
    saes.map(({ name }) => figureOf(training, name, point, figure.id)),
  );
  const scale = scaleOf(figure.id, values);
  const hasBelow = !scale.isLog && values.some((value) => value < scale.low);
  const last = points.at(-1);
  const spoken = saes
    .map(
      ({ name }) =>
        `${name} ${last ? figure.text(figureOf(training, name, last, figure.id)) : '–'}`,
    ) // prettier-ignore
    .join(', ');
  const x = (step: number): number => (step / stepCount) * wide;
  const cursor = pointed === null ? undefined : points[pointed];
  const follow = (event: PointerEvent): void => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    onPoint(width > 0 ? pointAt(training, (event.clientX - left) / width) : null);
  };
  return html`<figure class="chart">
    <figcaption>
      ${figure.title}${scale.isLog ? html`<span class="muted">, log scale</span>` : nothing}${
        hasBelow ? html`<span class="muted">, below 0 on the lower edge</span>` : nothing
      }
    </figcaption>
    <div class="plot">
      <div class="upright" aria-hidden="true">
        <span>${figure.text(scale.high)}</span><span>${figure.text(scale.low)}</span>
      </div>
      <svg
        class="lines"
        viewBox="0 0 ${wide} ${high}"
        preserveAspectRatio="none"
        role="img"
        aria-label="${figure.title} at step ${last?.step ?? 0}: ${spoken}"
        @pointermove=${follow}
        @pointerleave=${() => {
          onPoint(null);
        }}
      >
        ${saes.map(
          ({ name, block }) =>
            svg`<path class=${points.length === 1 ? 'dot' : ''} d=${path(figure.id, training, name, { scale, x })} stroke-dasharray=${dashOf(training, name) || nothing} ${blockColour(block)}></path>`,
        )}
        ${cursor ? svg`<path class="cursor" d="M${x(cursor.step)} 0V${high}"></path>` : nothing}
      </svg>
    </div>
    <div class="axis" aria-hidden="true">
      <span>0</span><span>step</span><span>${stepCount.toLocaleString('en')}</span>
    </div>
  </figure>`;
}

/** A gap where a value cannot be drawn. */
function path(
  id: FigureId,
  training: TrainingView,
  sae: string,
  { scale, x }: { readonly scale: Scale; readonly x: (step: number) => number },
): string {
  let isPenDown = false;
  const parts: string[] = [];
  for (const point of training.points) {
    const share = scale.shareOf(figureOf(training, sae, point, id));
    if (Number.isFinite(share)) {
      const place = `${x(point.step).toFixed(2)} ${((1 - share) * high).toFixed(2)}`;
      parts.push(`${isPenDown ? 'L' : 'M'}${place}`);
    }
    isPenDown = Number.isFinite(share);
  }
  // A single point is no line: the round ends of one without length are a dot.
  return parts.length === 1 ? `${parts[0] ?? ''}h0` : parts.join('');
}
