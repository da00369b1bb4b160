import { html, nothing, type TemplateResult } from 'lit';
import { intervalText, pictureFitSource, ssimText } from '../../src/charts/qualityText.ts';
import type { JobSummary } from '../../src/protocol/jobs.ts';
import { jobProgressText } from '../../src/protocol/jobWords.ts';
import {
  type MeanInterval,
  type PictureFit,
  pictureFitFormula,
  type PictureFitPair,
} from '../../src/protocol/pictureFit.ts';
import type { QualityState } from '../../src/protocol/qualityPanel.ts';
import { blockColour } from '../shared/blockColour.ts';
import { jobBar } from '../shared/jobBar/jobBar.ts';
import { toyNote } from '../shared/toyNote.ts';
import { button } from '../ui/button.ts';
import type { QualityParts } from './view.ts';

/** What the picture loses when a block's update is replaced by what its SAE rebuilds, beside the floor. */
export function pictureSection(
  measured: readonly PictureFit[],
  { measuring, isEmbedded }: Pick<QualityState, 'measuring' | 'isEmbedded'>,
  parts: QualityParts,
): TemplateResult {
  return html`<section class="comparison" aria-label="In the picture">
    <h2>In the picture</h2>
    <p class="muted">
      Pictures made with what each SAE rebuilds of its block’s update, beside the floor: the update
      left out. Mean and 95 % interval over prompts.
    </p>
    ${measuring ? bar(measuring, parts) : nothing}
    ${measured.length > 0 ? html`${table(measured)} ${toyNote(isEmbedded)}` : nothing}
    <div class="buttons">
      ${button({
        label: measured.length > 0 ? 'Measure Again…' : 'Measure in the Picture…',
        isDisabled: measuring !== null,
        onClick: parts.measure,
      })}
      ${measured.length === 0 ? html`<span class="muted">Not measured yet.</span>` : nothing}
    </div>
  </section>`;
}

function bar({ state, progress }: JobSummary, parts: QualityParts): TemplateResult {
  const { doneCount = 0, totalCount = 0 } = progress ?? {};
  const words = progress ? jobProgressText(progress) : 'Starting';
  return jobBar({
    phase: state === 'running' ? words : `Measuring is ${state === 'queued' ? 'waiting' : state}`,
    fraction: totalCount > 0 ? doneCount / totalCount : 0,
    onCancel: parts.cancelMeasure,
    onLog: () => {
      parts.services.act('showLog');
    },
  });
}

function table(measured: readonly PictureFit[]): TemplateResult {
  const sources = [...new Set(measured.map(pictureFitSource))];
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Table of pictures">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col" class="text">Block</th>
            <th scope="col">n</th>
            <th scope="col">SSIM, rebuilt</th>
            <th scope="col">SSIM, without the block</th>
            <th scope="col">|Δ| of 255, rebuilt</th>
            <th scope="col">|Δ| of 255, without the block</th>
          </tr>
        </thead>
        <tbody>
          ${measured.map(
            ({ block, promptCount, rebuilt, ablated }) =>
              html`<tr>
                <th scope="row" class="text">
                  <span class="blockName" ${blockColour(block)}>${block}</span>
                </th>
                <td>${promptCount}</td>
                ${[rebuilt.ssim, ablated.ssim].map((mean) => html`<td>${ssimText(mean)}</td>`)}
                ${[rebuilt.pixel, ablated.pixel].map(
                  (mean) => html`<td>${intervalText(mean)}</td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${sources.map((source) => html`<p class="muted">n: ${source}.</p>`)}
    <details>
      <summary>How is this measured?</summary>
      <p>A ${pictureFitFormula}.</p>
    </details>`;
}

/** The same of two SAEs of one block. */
export function pairSection(
  pair: PictureFitPair | null,
  leftName: string,
  rightName: string,
): TemplateResult {
  if (!pair) {
    return html`<p class="muted">
      In the picture: not measured on the same prompts. Choose each SAE in its block and measure it
      in the picture, then compare again.
    </p>`;
  }
  const { left, right, difference } = pair;
  const row = (name: string, ssim: MeanInterval, pixel: MeanInterval): TemplateResult =>
    html`<tr>
      <th scope="row" class="text">${name}</th>
      <td>${ssimText(ssim)}</td>
      <td>${intervalText(pixel)}</td>
    </tr>`;
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Two SAEs in the picture">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col" class="text">In the picture</th>
            <th scope="col">SSIM</th>
            <th scope="col">|Δ| of 255</th>
          </tr>
        </thead>
        <tbody>
          ${row(leftName, left.rebuilt.ssim, left.rebuilt.pixel)}
          ${row(rightName, right.rebuilt.ssim, right.rebuilt.pixel)}
          ${row('Difference, prompt by prompt', difference.ssim, difference.pixel)}
          ${row('Without the block', left.ablated.ssim, left.ablated.pixel)}
        </tbody>
      </table>
    </div>
    <p class="muted">n: ${pictureFitSource(left)}.</p>`;
}
