import { html, svg, type TemplateResult } from 'lit';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import { significant } from '../../src/numerics/significant.ts';

interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Bins from the first to the last that has something in it. */
function filledBins({ edges, counts }: CardContent['histogram']): Bin[] {
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return [];
  const last = counts.findLastIndex((count) => count > 0);
  return counts.slice(first, last + 1).map((count, index) => ({
    from: edges[first + index]!,
    to: edges[first + index + 1]!,
    count,
  }));
}

/** How often the feature has which activation; bins grow by a factor of √2. */
export function histogram({ histogram: counted, figures }: CardContent): TemplateResult {
  const bins = filledBins(counted);
  if (bins.length === 0) return html`<p class="muted">It was active in no sample.</p>`;
  const most = Math.max(...bins.map(({ count }) => count));
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const mean = bins.findIndex(({ from, to }) => figures.mean >= from && figures.mean < to);
  return html`<div class="histogram">
    <svg
      viewBox="0 0 ${bins.length} 1"
      preserveAspectRatio="none"
      role="img"
      aria-label="Histogram of ${total} activations, from ${significant(bins[0]!.from)} to ${significant(bins.at(-1)!.to)}"
    >
      ${bins.map(
        ({ from, to, count }, index) =>
          svg`<rect class=${index === mean ? 'meanBin' : ''} x=${index + 0.05} width="0.9" y=${1 - count / most} height=${count / most}><title>${significant(from)} to ${significant(to)}: ${String(count)}</title></rect>`,
      )}
    </svg>
    <div class="axis">
      <span>${significant(bins[0]!.from)}</span>
      <span>activation (logarithmic); marked: the mean</span>
      <span>${significant(bins.at(-1)!.to)}</span>
    </div>
    <details>
      <summary>Show as table</summary>
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Samples</th>
            <th scope="col">% of active</th>
          </tr>
        </thead>
        <tbody>
          ${bins.map(
            ({ from, to, count }) =>
              html`<tr>
                <td>${significant(from)}</td>
                <td>${significant(to)}</td>
                <td>${significant(count, 9)}</td>
                <td>${significant((100 * count) / total)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
  </div>`;
}
