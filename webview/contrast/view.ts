import { html, nothing, type TemplateResult } from 'lit';
import type { ContrastFormSide } from '../../src/protocol/contrastPanel.ts';
import { problem } from '../shared/problem/problem.ts';
import { jobBar } from '../shared/jobBar/jobBar.ts';
import { button } from '../ui/button.ts';
import { dropdown } from '../ui/dropdown.ts';
import { textArea } from '../ui/textArea.ts';
import { textField } from '../ui/textField.ts';
import type { PanelActions, SideName } from './panelActions.ts';
import { resultTable } from './resultTable.ts';
import { canStart, type PanelState, promptsOf, rateProblem, sideProblem } from './state.ts';

const emptySides: Readonly<Record<ContrastFormSide['kind'], ContrastFormSide>> = {
  prompts: { kind: 'prompts', text: '', firstSeed: 0 },
  runs: { kind: 'runs', runIds: [] },
  collected: { kind: 'collected', setDir: '', pictureCount: 0, word: '' },
};
const sideTitles: Readonly<Record<SideName, string>> = { left: 'First set', right: 'Second set' };

/** Two sets, what tells them apart, and how sure that is. */
export function contrastView(state: PanelState, actions: PanelActions): TemplateResult {
  const { host, trouble } = state;
  const told = host?.problem ?? (trouble === null ? null : { cause: trouble });
  return html`<h1>Contrast sets</h1>
    <p class="muted">
      Which features tell two sets of pictures apart? They are chosen on one half of the pictures
      and measured on the other half. This shows where features differ, not what they cause.
    </p>
    ${
      told
        ? problem({
            severity: 'error',
            ...{ cause: told.cause, action: told.action },
            onAct: (id) => {
              actions.services.act(id);
            },
            onLog: () => {
              actions.services.act('showLog');
            },
          })
        : nothing
    }
    <div class="sidesForm">${side(state, 'left', actions)} ${side(state, 'right', actions)}</div>
    ${startBar(state, actions)} ${progress(state, actions)} ${resultTable(state, actions)}`;
}

function side(state: PanelState, name: SideName, actions: PanelActions): TemplateResult {
  const chosen = state.form[name];
  const isTouched =
    chosen.kind === 'runs'
      ? chosen.runIds.length > 0
      : chosen.kind === 'prompts'
        ? chosen.text !== ''
        : chosen.setDir !== '';
  const wrong = isTouched ? sideProblem(chosen) : undefined;
  const title = sideTitles[name];
  return html`<section class="side" aria-label=${title}>
    <h2>${title}</h2>
    ${dropdown({
      label: `${title}: made of`,
      value: chosen.kind,
      options: [
        { value: 'prompts', label: 'Prompts' },
        { value: 'runs', label: 'Kept runs' },
        { value: 'collected', label: 'A collected set' },
      ],
      onChange: (kind) => {
        actions.setSide(name, emptySides[kind]);
      },
    })}
    ${chosen.kind === 'collected' ? collectedSide(name, chosen, wrong, actions) : nothing}
    ${
      chosen.kind === 'prompts'
        ? html`${textArea({
            label: `${title}: prompts, one a line`,
            value: chosen.text,
            rows: 6,
            problem: wrong,
            hint: `${String(promptsOf(chosen.text).length)} pictures, not kept as runs`,
            onInput: (text) => {
              actions.setSide(name, { ...chosen, text });
            },
          })}
          ${textField({
            label: `${title}: first seed`,
            value: Number.isNaN(chosen.firstSeed) ? '' : String(chosen.firstSeed),
            hint: 'Prompt i gets first seed + i.',
            onInput: (text) => {
              const firstSeed = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
              actions.setSide(name, { ...chosen, firstSeed });
            },
          })}`
        : chosen.kind === 'runs'
          ? html`<p>${chosen.runIds.length} runs chosen. ${wrong}</p>
              <div class="buttons">
                ${button({
                  label: 'Choose Runs…',
                  name: `Choose Runs… for the ${title.toLowerCase()}`,
                  onClick: () => void actions.pickRuns(name),
                })}
              </div>`
          : nothing
    }
  </section>`;
}

function collectedSide(
  name: SideName,
  chosen: Extract<ContrastFormSide, { kind: 'collected' }>,
  wrong: string | undefined,
  actions: PanelActions,
): TemplateResult {
  const title = sideTitles[name];
  const { setDir, pictureCount, word } = chosen;
  return html`<p>
      ${setDir === '' ? 'No set is chosen yet.' : `${setDir}: ${String(pictureCount)} pictures.`}
      ${wrong}
    </p>
    <div class="buttons">
      ${button({
        label: 'Choose Set…',
        name: `Choose Set… for the ${title.toLowerCase()}`,
        onClick: () => void actions.pickSet(name),
      })}
    </div>
    ${textField({
      label: `${title}: only prompts with the word`,
      value: word,
      hint: 'Empty: all. With “-” before it: prompts without the word. At most 500 pictures, evenly chosen.',
      onInput: (text) => {
        actions.setSide(name, { ...chosen, word: text });
      },
    })}`;
}

function startBar(state: PanelState, actions: PanelActions): TemplateResult {
  const { form } = state;
  return html`<div class="startBar">
    <div class="rate">
      ${textField({
        label: 'False discovery rate',
        value: Number.isNaN(form.falseDiscoveryRate) ? '' : String(form.falseDiscoveryRate),
        problem: rateProblem(form.falseDiscoveryRate),
        onInput: (text) => {
          const rate = text.trim() === '' ? Number.NaN : Number(text);
          actions.send({ kind: 'form', form: { falseDiscoveryRate: rate } });
        },
      })}
    </div>
    ${button({
      label: 'Compare',
      appearance: 'primary',
      isDisabled: !canStart(state),
      title: canStart(state) ? undefined : 'Both sets need at least 4 pictures',
      onClick: () => {
        actions.start();
      },
    })}
    <span class="muted" role="status">${state.said}</span>
  </div>`;
}

function progress({ host }: PanelState, actions: PanelActions): TemplateResult | typeof nothing {
  if (host?.status.kind !== 'running') return nothing;
  const { done, total } = host.status;
  return jobBar({
    phase: total > 0 ? `Picture ${String(done)} of ${String(total)}` : 'Starting',
    fraction: total > 0 ? done / total : 0,
    onCancel: () => {
      actions.cancel();
    },
    onLog: () => {
      actions.services.act('showLog');
    },
  });
}
