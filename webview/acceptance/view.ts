import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { AcceptanceState } from '../../src/protocol/acceptancePanel.ts';
import type { Problem } from '../../src/protocol/resultPanel.ts';
import type { SaeEntry } from '../../src/protocol/saes.ts';
import { blocks } from '../shared/blocks.ts';
import { emptyState } from '../shared/emptyState/emptyState.ts';
import { jobBar } from '../shared/jobBar/jobBar.ts';
import { problem } from '../shared/problem/problem.ts';
import { button } from '../ui/button.ts';
import { formView } from './formView.ts';
import type { PanelActions } from './panelActions.ts';
import { reportView, verdictView } from './reportView.ts';
import type { PanelState } from './state.ts';
import { count, dateWords, encodes, useOf } from './words.ts';

/** A block that the paper does not speak of. */
const plainColour = 'var(--vscode-descriptionForeground)';

/** The whole panel, in reading order: which SAE, the verdict, its figures, and what the next report is made with. */
export function panelView(
  state: PanelState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  const { host, trouble } = state;
  const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
  return html`
    ${host?.sae ? saeHead(host.sae, host, actions) : html`<h1 class="visuallyHidden">SAE report</h1>`}
    ${told ? notice(told, actions) : nothing} ${host ? content(state, host, actions) : nothing}
  `;
}

function content(
  state: PanelState,
  host: AcceptanceState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  if (host.isGone) {
    return emptyState({
      title: 'This SAE was removed',
      text: 'Undo in the message about it brings it back until the storage is cleaned up. Or import it again.',
      actionLabel: 'Import SAE…',
      onAct: () => {
        actions.command('importSae');
      },
    });
  }
  if (!host.sae) return host.problem ? nothing : html`<p class="waiting">Reading the SAE…</p>`;
  const { report } = host;
  return html`
    <div class="progress ${host.status.kind === 'running' ? 'used' : ''}">
      ${progress(host, actions)}
      <p class="visuallyHidden" role="status">${state.announced}</p>
    </div>
    <div class="columns">
      <div class="reportSide">
        ${report ? html`${verdictView(report, state, actions)} ${reportView(report, state, actions)}` : notYet()}
      </div>
      ${formView(state, actions)}
    </div>
  `;
}

function notYet(): TemplateResult {
  return html`<section class="notYet" aria-label="Not judged yet">
    <h2>Not judged yet</h2>
    <p>
      Pictures of the model show whether these files are what they are taken for: the right block,
      ΔD or output, matrices the right way round, b_pre and normaliser in place. A wrong one gives
      plausible features of nothing.
    </p>
  </section>`;
}

function progress(
  { status }: AcceptanceState,
  actions: PanelActions,
): TemplateResult | typeof nothing {
  if (status.kind !== 'running') return nothing;
  return jobBar({
    phase: status.phase,
    fraction: status.fraction,
    onCancel: () => {
      actions.cancel();
    },
    onLog: () => {
      actions.act('showLog');
    },
  });
}

function saeHead(sae: SaeEntry, host: AcceptanceState, actions: PanelActions): TemplateResult {
  const known = blocks.find(({ name }) => name === sae.block);
  const facts: readonly (readonly [string, string | TemplateResult])[] = [
    ['SAE', html`<code>${sae.saeId}</code>`],
    ['Features', `${count(sae.nFeatures)} of ${count(sae.dModel)} channels; ${sae.rule}`],
    ['Encodes', encodes(sae.target)],
    ['Model', host.model?.title ?? ''],
    [
      'From',
      `${sae.format} (${sae.kind})${sae.importedAt ? `, imported ${dateWords(sae.importedAt)}` : ', came with the model'}`,
    ],
    ['Use', useOf(sae)],
  ];
  const isImported = sae.origin === 'imported';
  return html`<header
    class="saeHead"
    ${ref((element) => {
      // A style attribute, which the directive for styles would write, needs a looser content policy.
      const { style } = (element ?? {}) as Partial<HTMLElement>;
      style?.setProperty('--block-colour', known?.colour ?? plainColour);
    })}
  >
    <h1>SAE report: ${sae.block}</h1>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    <div class="buttons" role="group" aria-label="SAE">
      ${button({
        label: 'Choose SAE…',
        title: `Which SAE reads ${sae.block} in pictures that are made from now on`,
        onClick: () => {
          actions.command('chooseSae');
        },
      })}
      ${button({
        label: 'Export…',
        title: 'As files that other programs read',
        onClick: () => {
          actions.command('exportSae');
        },
      })}
      ${button({
        label: 'Remove…',
        isDisabled: !isImported,
        title: isImported
          ? 'Can be undone until the storage is cleaned up'
          : "It belongs to the model's own files",
        onClick: () => {
          actions.command('removeSae');
        },
      })}
    </div>
  </header>`;
}

function notice({ cause, action }: Problem, actions: PanelActions): TemplateResult {
  return problem({
    severity: 'error',
    cause,
    action,
    onAct: (id) => {
      actions.act(id);
    },
    onLog: () => {
      actions.act('showLog');
    },
  });
}
