import { html, svg, type TemplateResult } from 'lit';
import { significant } from '../../../src/numerics/significant.ts';

interface DosePoint {
  readonly strength: number;
  readonly distance: number;
}

const width = 360;
const height = 160;
const edge = { left: 44, right: 12, top: 10, bottom: 34 };

/** Distance to the unedited picture over strength, with its numbers as a table. */
export function doseCurve(points: readonly DosePoint[], unit: string): TemplateResult {
  const sorted = points.toSorted((a, b) => a.strength - b.strength);
  const [low, high] = [sorted[0]?.strength ?? 0, sorted.at(-1)?.strength ?? 1];
  const top = Math.max(...sorted.map(({ distance }) => distance), 1e-9);
  const x = (strength: number): number =>
    edge.left + ((strength - low) / (high - low || 1)) * (width - edge.left - edge.right);
  const y = (distance: number): number =>
    height - edge.bottom - (distance / top) * (height - edge.top - edge.bottom);
  const path = sorted.map((one) => `${x(one.strength)},${y(one.distance)}`).join(' ');
  const summary = sorted
    .map(({ strength, distance }) => `${significant(strength)}: ${significant(distance)}`)
    .join('; ');
  const bottom = height - edge.bottom;
  return html`<div class="doseCurve">
    <svg
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-label="Distance by strength in ${unit}: ${summary}"
    >
      <line class="axis" x1=${edge.left} x2=${width - edge.right} y1=${bottom} y2=${bottom} />
      <line class="axis" x1=${edge.left} x2=${edge.left} y1=${edge.top} y2=${bottom} />
      <polyline class="curve" points=${path} />
      ${sorted.map(
        (one) => svg`<circle class="point" cx=${x(one.strength)} cy=${y(one.distance)} r="3" />`,
      )}
      <text x=${edge.left - 6} y=${edge.top + 8} text-anchor="end">${significant(top)}</text>
      <text x=${edge.left - 6} y=${bottom} text-anchor="end">0</text>
      ${[low, ...(low < 0 && high > 0 ? [0] : []), high].map(
        (strength) =>
          svg`<text x=${x(strength)} y=${bottom + 14} text-anchor="middle">${significant(strength)}</text>`,
      )}
      <text x=${(edge.left + width) / 2} y=${height - 4} text-anchor="middle">
        strength, ${unit}; distance of 255
      </text>
    </svg>
    <details class="tables">
      <summary>Show as table</summary>
      <table class="figureTable">
        <thead>
          <tr>
            <th scope="col">Strength, ${unit}</th>
            <th scope="col">Distance, of 255</th>
          </tr>
        </thead>
        <tbody>
          ${sorted.map(
            ({ strength, distance }) =>
              html`<tr>
                <th scope="row">${significant(strength)}</th>
                <td>${significant(distance)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
  </div>`;
}
