import { html, nothing, svg, type TemplateResult } from 'lit';
import type { QualityReport } from '../../src/protocol/indexes.ts';
import type { QualityState } from '../../src/protocol/qualityPanel.ts';
import { blockColour } from '../shared/blockColour.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import type { FeatureServices } from '../shared/featureServices.ts';
import { problem } from '../shared/problem/problem.ts';
import { significant } from '../../src/numerics/significant.ts';
import { toyNote } from '../shared/toyNote.ts';
import { button } from '../ui/button.ts';
import { comparisonSection } from './comparison.ts';
import { pictureSection } from './inPicture.ts';
import type { PanelState } from './state.ts';

export interface QualityParts {
  readonly services: FeatureServices;
  readonly refresh: () => void;
  readonly compare: () => void;
  readonly cancelCompare: () => void;
  readonly copyCsv: () => void;
  readonly copyMarkdown: () => void;
  readonly measure: () => void;
  readonly cancelMeasure: () => void;
}

/** How well each SAE rebuilds what it reads, and two SAEs side by side. */
export function qualityView(state: PanelState, parts: QualityParts): TemplateResult {
  const { host, trouble, said } = state;
  const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
  const reports = host?.reports;
  const isEmpty = !reports || reports.length + host.pictures.length === 0;
  return html`<h1>SAE quality</h1>
    ${
      told
        ? problem({
            severity: 'error',
            ...{ cause: told.cause, action: told.action },
            onAct: (id) => {
              parts.services.act(id);
            },
            onLog: () => {
              parts.services.act('showLog');
            },
          })
        : nothing
    }
    <div class="buttons">
      ${button({
        label: 'Copy CSV',
        isDisabled: isEmpty,
        onClick: parts.copyCsv,
      })}
      ${button({
        label: 'Copy Markdown',
        isDisabled: isEmpty,
        onClick: parts.copyMarkdown,
      })}
      ${button({ label: 'Read Again', onClick: parts.refresh })}
      <span class="muted" role="status">${said}</span>
    </div>
    ${reports ? reportList(reports, host, parts) : waiting(state)}
    ${reports ? pictureSection(host.pictures, host, parts) : nothing}
    ${host ? comparisonSection(host.comparison, parts) : nothing}`;
}

const waiting = ({ host, trouble }: PanelState): TemplateResult | typeof nothing =>
  host?.problem || trouble !== null
    ? nothing
    : html`<p class="muted" role="status">Reading the indexes…</p>`;

function reportList(
  reports: readonly QualityReport[],
  { modelTitle, isEmbedded }: QualityState,
  parts: QualityParts,
): TemplateResult {
  if (reports.length === 0) {
    return emptyState({
      title: 'No index yet',
      text: 'How well an SAE rebuilds what it reads is measured while its features are indexed over a collected set of pictures.',
      actionLabel: 'Index…',
      onAct: () => {
        parts.services.run('indexSae');
      },
    });
  }
  const pictures = reports.map(
    ({ index }) => `${index.block}: ${significant(index.pictureCount, 9)} pictures`,
  );
  return html`<p class="muted">${modelTitle}. ${pictures.join(', ')}.</p>
    <div class="scroller" tabindex="0" role="region" aria-label="Table of SAEs">
      ${fitTable(reports)}
    </div>
    ${toyNote(isEmbedded)} ${formulas(reports)}
    <div class="reports">${reports.map(blockReport)}</div>`;
}

function fitTable(reports: readonly QualityReport[]): TemplateResult {
  const percent = (share: number): string => `${significant(100 * share)} %`;
  return html`<table class="numbers">
    <thead>
      <tr>
        <th scope="col" class="text">Block</th>
        <th scope="col">Step</th>
        <th scope="col">Samples</th>
        <th scope="col">EV</th>
        <th scope="col">R²</th>
        <th scope="col">L0</th>
        <th scope="col">Dead</th>
        <th scope="col">Always on</th>
        <th scope="col">Features</th>
        <th scope="col" class="text">Rule</th>
      </tr>
    </thead>
    <tbody>
      ${reports.flatMap(({ index, fits, deadShare, alwaysOnShare, rule }) =>
        fits.map(
          (fit) =>
            html`<tr class=${fit.stepIndex === null ? 'pooled' : ''}>
              <th scope="row" class="text">
                <span class="blockName" ${blockColour(index.block)}>${index.block}</span>
              </th>
              <td>${fit.stepIndex === null ? 'all' : fit.stepIndex + 1}</td>
              <td>${significant(fit.sampleCount, 9)}</td>
              <td>${significant(fit.explainedVariance)}</td>
              <td>${significant(fit.rSquared)}</td>
              <td>${significant(fit.l0)}</td>
              ${
                fit.stepIndex === null
                  ? html`<td>${percent(deadShare)}</td>
                      <td>${percent(alwaysOnShare)}</td>
                      <td>${significant(index.nFeatures, 9)}</td>
                      <td class="text">${rule}</td>`
                  : html`<td></td>
                      <td></td>
                      <td></td>
                      <td></td>`
              }
            </tr>`,
        ),
      )}
    </tbody>
  </table>`;
}

function formulas([first]: readonly QualityReport[]): TemplateResult | typeof nothing {
  const entries = Object.entries(first?.formulas ?? {});
  if (entries.length === 0) return nothing;
  return html`<details>
    <summary>How are these found?</summary>
    <dl class="formulas">
      ${entries.map(
        ([name, formula]) =>
          html`<dt>${name}</dt>
            <dd>${formula}</dd>`,
      )}
    </dl>
  </details>`;
}

function blockReport({ index, densityHistogram, collinearity }: QualityReport): TemplateResult {
  const { edges, counts } = densityHistogram;
  const most = Math.max(1, ...counts);
  const ends = [edges[0] ?? 0, edges.at(-1) ?? 0].map((edge) => significant(edge));
  return html`<section
    class="report"
    aria-label="SAE of ${index.block}"
    ${blockColour(index.block)}
  >
    <h2>${index.block}</h2>
    <p class="muted">
      Largest decoder cosine with another feature: median ${significant(collinearity.median)}, 95 %
      quantile ${significant(collinearity.p95)}, largest ${significant(collinearity.max)};
      ${significant(100 * collinearity.shareAbove09)} % of features have a twin above 0.9.
    </p>
    <svg
      class="densities"
      viewBox="0 0 ${Math.max(1, counts.length)} 1"
      preserveAspectRatio="none"
      role="img"
      aria-label="Histogram of densities, log10 from ${ends[0] ?? ''} to ${ends[1] ?? ''}"
    >
      ${counts.map(
        (count, bin) =>
          svg`<rect x=${bin + 0.05} width="0.9" y=${1 - count / most} height=${count / most}><title>10^${significant(edges[bin] ?? 0)} to 10^${significant(edges[bin + 1] ?? 0)}: ${String(count)} features</title></rect>`,
      )}
    </svg>
    <div class="axis">
      <span>${ends[0]}</span><span>log10 of density, features that are not dead</span
      ><span>${ends[1]}</span>
    </div>
    <details>
      <summary>Show as table</summary>
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">log10 from</th>
            <th scope="col">to</th>
            <th scope="col">Features</th>
          </tr>
        </thead>
        <tbody>
          ${counts.map(
            (count, bin) =>
              html`<tr>
                <td>${significant(edges[bin] ?? 0)}</td>
                <td>${significant(edges[bin + 1] ?? 0)}</td>
                <td>${count}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </details>
  </section>`;
}
