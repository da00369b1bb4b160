import { countText } from '../../src/protocol/countText.ts';
import { html, nothing, type TemplateResult } from 'lit';
import type { BoardAxis, BoardState } from '../../src/protocol/boardPanel.ts';
import { button } from '../ui/button.ts';
import { commitField } from '../ui/commitField.ts';
import { dropdown } from '../ui/dropdown.ts';
import { axisText, parsePrompts, parseSeeds } from './axisText.ts';
import type { PanelActions } from './panelActions.ts';

/** Which picture is edited, and over which seeds or prompts. */
export function baseBar(
  { document, modelTitle, isEmbedded }: BoardState,
  actions: PanelActions,
): TemplateResult {
  const { base, axis } = document;
  if (!base) return html`${nothing}`;
  const setAxis = (next: BoardAxis): void => {
    actions.command({ kind: 'setAxis', axis: next });
  };
  return html`<section class="baseBar" aria-label="Picture">
    <p class="baseWords">
      <strong>${base.prompt === '' ? '(no prompt)' : base.prompt}</strong>
      <span class="muted">
        seed ${base.seed} · ${countText(base.steps, 'step')} · guidance ${base.guidanceScale} ·
        ${base.width} × ${base.height} px ${modelTitle && `· ${modelTitle}`}
        ${isEmbedded ? '· the embedded model: not evidence about SDXL' : ''}
      </span>
    </p>
    <div class="baseChoices">
      ${button({
        label: 'Use Current Picture',
        title: 'The picture that result panel and tree are about',
        onClick: () => {
          actions.useBase('current');
        },
      })}
      ${button({
        label: 'Choose Run…',
        onClick: () => {
          actions.useBase('runs');
        },
      })}
      ${dropdown({
        label: 'Columns',
        value: axis.kind,
        options: [
          { value: 'one', label: 'This picture' },
          { value: 'seeds', label: 'Seeds' },
          { value: 'prompts', label: 'Prompts' },
        ],
        onChange: (kind) => {
          if (kind === 'one') setAxis({ kind });
          else if (kind === 'seeds') {
            setAxis({ kind, seeds: [0, 1, 2, 3].map((step) => (base.seed + step) % 2 ** 32) });
          } else setAxis({ kind, prompts: [base.prompt] });
        },
      })}
      ${
        axis.kind === 'seeds'
          ? commitField({
              label: 'Seeds',
              value: axisText(axis),
              hint: 'Commas and ranges: 7, 9, 20-23',
              onCommit: (text) => {
                applied(parseSeeds(text), setAxis, actions);
              },
            })
          : nothing
      }
      ${axis.kind === 'prompts' ? promptField(axis, setAxis, actions) : nothing}
    </div>
  </section>`;
}

function promptField(
  axis: BoardAxis,
  setAxis: (axis: BoardAxis) => void,
  actions: PanelActions,
): TemplateResult {
  return html`<label class="promptLines"
    ><span class="fieldLabel">Prompts, one a line</span>
    <textarea
      rows="3"
      .value=${axisText(axis)}
      @change=${({ currentTarget }: Event) => {
        applied(parsePrompts((currentTarget as HTMLTextAreaElement).value), setAxis, actions);
      }}
    ></textarea>
  </label>`;
}

function applied(
  parsed: BoardAxis | string,
  setAxis: (axis: BoardAxis) => void,
  actions: PanelActions,
): void {
  if (typeof parsed === 'string') actions.send({ kind: 'failed', cause: parsed });
  else setAxis(parsed);
}
