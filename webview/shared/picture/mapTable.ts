import { html, type TemplateResult } from 'lit';
import { significant } from '../../../src/numerics/significant.ts';
import { valueAt, type PictureMap } from './pictureMap.ts';

/** The numbers of a map, for who cannot see it or wants to copy them. */
export function mapTable(map: PictureMap): TemplateResult {
  const columns = Array.from({ length: map.cellsWide }, (_, column) => column);
  const rows = Array.from({ length: map.cellsHigh }, (_, row) => row);
  return html`<div class="mapTable" tabindex="0" role="region" aria-label="Table of ${map.name}">
    <table>
      <caption>
        ${map.name}, in ${map.unit}; columns and rows of cells from the upper left
      </caption>
      <thead>
        <tr>
          <th scope="col">Row</th>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${row}</th>
              ${columns.map((column) => html`<td>${significant(valueAt(map, column, row))}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
