import { html, nothing, type TemplateResult } from 'lit';
import type { BoardCell } from '../../src/protocol/boardPanel.ts';
import type { AreaFigures, EditFigures } from '../../src/protocol/interventions.ts';
import { durationWords } from '../shared/duration.ts';
import { figure } from '../shared/figure/figure.ts';
import { significant, similarity } from '../../src/numerics/significant.ts';

const areaWords: Readonly<Record<AreaFigures['kind'], string>> = {
  mask: 'the mask',
  active: 'the cells where it was active',
  region: 'the region',
  everything: 'the whole picture',
};

/** How far an edited picture is from the unedited one, and where. */
export function figuresView({ figures, reuse }: BoardCell, isOutdated: boolean): TemplateResult {
  if (!figures) return html`${nothing}`;
  const { pixelDistance, pixelDistanceMax, ssim, lpips, latentDistance, area } = figures;
  const where = areaWords[area.kind];
  return html`<div class="figures ${isOutdated ? 'outdated' : ''}">
    ${figure({
      label: 'Distance',
      value: significant(pixelDistance),
      unit: 'of 255',
      how: `Mean over pixels and channels of |edited − original|, 8 bits. Largest of one channel: ${significant(pixelDistanceMax)}.`,
    })}
    ${figure({
      label: 'SSIM',
      value: similarity(ssim),
      unit: '',
      how: 'Mean structural similarity of the luminance, Gaussian window σ 1.5, 11 × 11 (Wang et al. 2004). 1 is equal.',
    })}
    ${
      lpips
        ? figure({
            label: 'LPIPS',
            value: significant(lpips.distance),
            unit: '',
            how: `Perceptual distance (Zhang et al. 2018) by the network ${lpips.sha256.slice(0, 12)}…: 0 is equal. Distances of two networks do not compare.`,
          })
        : nothing
    }
    ${figure({
      label: 'Latents',
      value: significant(100 * latentDistance),
      unit: '% of largest',
      how: 'Largest |Δ| of the last latents over the largest value of the unedited ones.',
    })}
    ${
      area.inside === null
        ? nothing
        : figure({
            label: 'Inside',
            value: significant(area.inside),
            unit: 'of 255',
            how: `Mean |Δ| inside ${where}, ${significant(100 * area.share)} % of the picture; a pixel counts by the weight of its cell.`,
          })
    }
    ${
      area.outside === null
        ? nothing
        : figure({
            label: 'Outside',
            value: significant(area.outside),
            unit: 'of 255',
            how: `Mean |Δ| outside of ${where}.`,
          })
    }
    ${
      area.locality === null
        ? nothing
        : figure({
            label: 'Locality',
            value: significant(area.locality),
            unit: '× outside',
            how: 'Distance inside over distance outside. Above 1 the edit acts where it was made.',
          })
    }
    ${
      reuse
        ? html`<p class="reuse muted">
            U-net ${durationWords(reuse.unetMs)}, in all ${durationWords(reuse.runMs)}; shared:
            ${reuse.steps} steps, ${reuse.segments} of ${reuse.segmentCount} segments
          </p>`
        : nothing
    }
  </div>`;
}

export function shortFigures({ pixelDistance, ssim, area }: EditFigures): TemplateResult {
  const locality = area.locality === null ? '' : ` · ${significant(area.locality)} × outside`;
  return html`<p class="shortFigures">
    ${significant(pixelDistance)} of 255 · SSIM ${similarity(ssim)}${locality}
  </p>`;
}
