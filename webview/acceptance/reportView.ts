import { html, nothing, svg, type TemplateResult } from 'lit';
import type { AcceptanceRecord, FitFigures, SaeEntry } from '../../src/protocol/saes.ts';
import { figure } from '../shared/figure/figure.ts';
import { button } from '../ui/button.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';
import {
  count,
  dateWords,
  figureCells,
  figureHeads,
  percent,
  readingNames,
  settingsWords,
  share,
  verdictWords,
} from './words.ts';

const marks = { accepted: '✓', rejected: '✗', doubtful: '?' } as const;

/** What came of it, in one sentence with its cause. */
export function verdictView(
  { verdict, ...record }: AcceptanceRecord,
  state: PanelState,
  actions: PanelActions,
): TemplateResult {
  const { status, name, text } = verdict;
  const defect = name === 'as-declared' ? nothing : html` · ${readingNames[name] ?? name}`;
  return html`<section class="verdict ${status}" aria-label="Verdict">
    <h2>
      <span class="mark" aria-hidden="true">${marks[status]}</span>
      ${verdictWords[status]}${defect}
    </h2>
    <p>${text}</p>
    <p class="muted">${settingsWords({ verdict, ...record })}; ${dateWords(record.createdAt)}</p>
    ${
      status === 'rejected' && state.host?.sae?.origin === 'imported'
        ? button({
            label: 'Import Again…',
            title: 'With other answers to what the files leave open; then remove this one',
            onClick: () => {
              actions.command('importSae');
            },
          })
        : nothing
    }
  </section>`;
}

export function reportView(
  report: AcceptanceRecord,
  state: PanelState,
  actions: PanelActions,
): TemplateResult {
  const { overall, formulas, perStep } = report;
  const sae = state.host?.sae;
  return html`
    <section class="figures" aria-label="Figures over all steps">
      ${figure({
        label: 'R²',
        value: share(overall.rSquared),
        unit: '',
        how: `${formulas.rSquared}. On ${count(overall.cellCount)} cells of all steps.`,
      })}
      ${figure({
        label: 'Explained variance',
        value: share(overall.explainedVariance),
        unit: '',
        how: `${formulas.explainedVariance}. Published plots of the paper divide by the variance of x_hat instead.`,
      })}
      ${figure({
        label: 'L0',
        value: overall.l0.toFixed(2),
        unit: 'active features a cell',
        how: 'Mean number of features above 0 in a cell.',
      })}
      ${figure({
        label: 'Dead',
        value: percent(overall.deadShare),
        unit: 'of the features',
        how: `Active in none of these ${count(overall.cellCount)} cells. More pictures wake more of them: it is not the share that never fires.`,
      })}
    </section>
    <div class="buttons" role="group" aria-label="Report">
      ${button({
        label: 'Copy as CSV',
        title: 'Every number, unrounded',
        onClick: () => {
          actions.copyCsv();
        },
      })}
      ${button({
        label: 'Copy as Markdown',
        onClick: () => {
          actions.copyMarkdown();
        },
      })}
      ${button({
        label: 'Save…',
        title: 'The report as a Markdown file',
        onClick: () => {
          actions.save();
        },
      })}
      <span class="said" role="status">${state.said}</span>
    </div>
    <section aria-label="Step by step">
      <h2>Step by step</h2>
      <div class="scroll" tabindex="0" role="group" aria-label="Table of steps">
        <table class="numbersTable">
          <thead>
            <tr>
              <th scope="col">Step</th>
              ${heads()}
            </tr>
          </thead>
          <tbody>
            ${perStep.map(
              ({ stepIndex, figures }) =>
                html`<tr>
                  <th scope="row">${stepIndex + 1}</th>
                  ${cells(figures)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>
    ${readingsTable(report)} ${sae ? filesView(sae) : nothing}
  `;
}

/** The defects that were looked for: each is another way to read the same files. */
function readingsTable({ overall, readings, verdict }: AcceptanceRecord): TemplateResult {
  const named = readings
    .filter(({ name }) => name === verdict.name)
    .toSorted((a, b) => (b.figures.rSquared ?? -1) - (a.figures.rSquared ?? -1))[0];
  return html`<section aria-label="Read otherwise">
    <h2>Read otherwise</h2>
    <p class="muted">
      What might be wrong with these files, tried on the same pictures. A reading that explains them
      clearly better than the declared one names the defect. The order of TopK and ReLU changes no
      code: that one is told from the record alone.
    </p>
    <div class="scroll" tabindex="0" role="group" aria-label="Table of readings">
      <table class="numbersTable">
        <thead>
          <tr>
            <th scope="col">What may be wrong</th>
            <th scope="col" class="words">Read with</th>
            <th scope="col" class="barHead"><span class="visuallyHidden">R² as a bar</span></th>
            ${heads()}
          </tr>
        </thead>
        <tbody>
          <tr class="declared">
            <th scope="row">${readingNames['as-declared']}</th>
            <td class="words"></td>
            ${bar(overall)} ${cells(overall)}
          </tr>
          ${readings.map(
            (one) =>
              html`<tr class=${one === named ? 'named' : ''}>
                <th scope="row">
                  ${readingNames[one.name] ?? one.name}${one === named ? ' (the defect)' : ''}
                </th>
                <td class="words">${one.description}</td>
                ${bar(one.figures)} ${cells(one.figures)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

const heads = (): readonly TemplateResult[] =>
  figureHeads.map((head) => html`<th scope="col">${head}</th>`);

const cells = (figures: FitFigures): readonly TemplateResult[] =>
  figureCells(figures).map((text) => html`<td>${text}</td>`);

/** R² from 0 to 1; what explains less than nothing has none. */
function bar({ rSquared }: FitFigures): TemplateResult {
  const width = Math.max(0, Math.min(1, rSquared ?? 0));
  return html`<td class="bar">
    <svg class="shareBar" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      ${svg`<rect width=${width} height="1" />`}
    </svg>
  </td>`;
}

function filesView({ notes, sourceFiles, sha256, storage }: SaeEntry): TemplateResult {
  return html`<details class="files">
    <summary>Files and what was found in them</summary>
    <ul>
      ${notes.map((note) => html`<li>${note}</li>`)}
    </ul>
    <div class="scroll" tabindex="0" role="group" aria-label="Table of files">
      <table class="filesTable">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Bytes</th>
            <th scope="col">SHA-256</th>
          </tr>
        </thead>
        <tbody>
          ${sourceFiles.map(
            (file) =>
              html`<tr>
                <th scope="row">${file.name}</th>
                <td>${count(file.sizeBytes)}</td>
                <td><code>${file.sha256}</code></td>
              </tr>`,
          )}
          <tr>
            <th scope="row">kept here, ${storage}</th>
            <td></td>
            <td><code>${sha256}</code></td>
          </tr>
        </tbody>
      </table>
    </div>
  </details>`;
}
