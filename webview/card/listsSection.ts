import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { CardContent } from '../../src/protocol/cardPanel.ts';
import { labelLimits } from '../../src/protocol/labels.ts';
import { featureDrop } from '../shared/featureChip/featureDrag.ts';
import { button } from '../ui/button.ts';
import { checkbox } from '../ui/checkbox.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

/** Own lists, with a tick where the feature is on, each taking other features that are dropped on it; and a new one. */
export function listsSection(
  state: PanelState,
  card: CardContent,
  actions: PanelActions,
): TemplateResult | '' {
  const { host } = state;
  if (typeof host?.labelsFile !== 'string') return '';
  const names = [...new Set([...host.lists, ...card.lists])].sort((a, b) => a.localeCompare(b));
  return html`<section class="lists" aria-label="Lists">
    <h2>Lists</h2>
    <div class="listChecks">
      ${repeat(
        names,
        (name) => name,
        (name) => {
          const dropped = featureDrop((features) => void actions.services.setList(name, features, true)); // prettier-ignore
          return html`<div @dragover=${dropped.over} @drop=${dropped.drop}>
            ${checkbox({
              label: name,
              isChecked: card.lists.includes(name),
              onChange: (isMember) => void actions.setList(name, isMember),
            })}
          </div>`;
        },
      )}
    </div>
    <form
      class="newList"
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        const input = (event.target as HTMLFormElement).elements.namedItem('name');
        if (input instanceof HTMLInputElement && input.value.trim() !== '') {
          void actions.setList(input.value, true).then((isDone) => {
            if (isDone) input.value = '';
          });
        }
      }}
    >
      <input
        name="name"
        class="plainField"
        aria-label="Name of a new list"
        placeholder="New list"
        maxlength=${labelLimits.listNameMax}
      />
      ${button({
        label: 'Add',
        name: 'Add to a new list',
        onClick: () => {
          document.querySelector<HTMLFormElement>('.newList')?.requestSubmit();
        },
      })}
    </form>
  </section>`;
}
