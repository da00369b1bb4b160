import { html, type TemplateResult } from 'lit';
import type { QualityState } from '../../src/protocol/qualityPanel.ts';
import { jobBar } from '../shared/jobBar/jobBar.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import { pairSection } from './inPicture.ts';
import type { QualityParts } from './view.ts';

/** Pairs that are listed; the figures are over all. */
const pairsMax = 200;

const nameOf = (dir: string): string => dir.split(/[/\\]/).filter(Boolean).at(-1) ?? dir;

/** Two SAEs of the same width, their features matched one to one. */
export function comparisonSection(
  comparison: QualityState['comparison'],
  parts: QualityParts,
): TemplateResult {
  return html`<section class="comparison" aria-label="Two SAEs side by side">
    <h2>Two SAEs side by side</h2>
    <p class="muted">
      Their features matched one to one by decoder cosine: the best pair of all that are left, again
      and again.
    </p>
    <div class="buttons">
      ${button({
        label: 'Compare Two SAEs…',
        isDisabled: comparison.kind === 'running',
        onClick: parts.compare,
      })}
    </div>
    ${content(comparison, parts)}
  </section>`;
}

function content(
  comparison: QualityState['comparison'],
  parts: QualityParts,
): TemplateResult | string {
  if (comparison.kind === 'none') return '';
  const names = `${nameOf(comparison.leftDir)} and ${nameOf(comparison.rightDir)}`;
  if (comparison.kind === 'running') {
    const { matchedCount, totalCount } = comparison;
    return jobBar({
      phase: `Matching ${names}`,
      fraction: totalCount > 0 ? matchedCount / totalCount : 0,
      ...(totalCount > 0
        ? { count: { done: matchedCount, total: totalCount, unit: 'feature' } }
        : {}),
      onCancel: parts.cancelCompare,
      onLog: () => {
        parts.services.act('showLog');
      },
    });
  }
  const { pairs, meanCosine, shareAbove07, shareAbove09, leftCount, rightCount, inPicture } =
    comparison.result;
  const percent = (share: number): string => `${significant(100 * share)} %`;
  return html`<p
      title="${comparison.leftDir}
${comparison.rightDir}"
    >
      <b>${names}</b>: ${significant(leftCount, 9)} and ${significant(rightCount, 9)} features,
      ${significant(pairs.length, 9)} pairs; mean cosine <b>${significant(meanCosine)}</b>, above
      0.7 ${percent(shareAbove07)}, above 0.9 ${percent(shareAbove09)} of pairs.
    </p>
    ${pairSection(inPicture, nameOf(comparison.leftDir), nameOf(comparison.rightDir))}
    <details>
      <summary>Pairs, the nearest first</summary>
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">${nameOf(comparison.leftDir)}</th>
            <th scope="col">${nameOf(comparison.rightDir)}</th>
            <th scope="col">Cosine</th>
          </tr>
        </thead>
        <tbody>
          ${pairs.slice(0, pairsMax).map(
            ({ left, right, cosine }) =>
              html`<tr>
                <td>${left}</td>
                <td>${right}</td>
                <td>${significant(cosine)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
      ${pairs.length > pairsMax ? html`<p class="muted">The first ${pairsMax} are listed.</p>` : ''}
    </details>`;
}
