import { html, nothing, type TemplateResult } from 'lit';
import { featureChip } from '../shared/featureChip/featureChip.ts';
import { button } from '../ui/button.ts';
import { commitField } from '../ui/commitField.ts';
import type { EditContext, SetEdit } from './editFields.ts';
import type { PanelActions } from './panelActions.ts';
import { sourcesOf, withSources } from './recipeEdit.ts';
import { sourceWords } from './recipeWords.ts';
import { parseSource } from './sourceText.ts';

/** What is removed, scaled or added: features as chips, channels and directions by name. */
export function sourceFields(
  { edit, host }: EditContext,
  actions: PanelActions,
  set: SetEdit,
): TemplateResult {
  const sources = sourcesOf(edit);
  const block = host.blocks.find((one) => one.block === edit.block);
  return html`<div class="sources" role="group" aria-label="Features and directions">
    ${sources.map(
      (source, at) =>
        html`<span class="source">
          ${
            'feature' in source
              ? featureChip({
                  feature: { block: edit.block, id: source.feature },
                  onOpen: (feature) => {
                    actions.showFeature(feature);
                  },
                })
              : html`<span class="direction">${edit.block}/${sourceWords(source)}</span>`
          }
          ${
            sources.length > 1
              ? button({
                  label: '✕',
                  name: `Take off ${sourceWords(source)}`,
                  appearance: 'icon',
                  onClick: () => {
                    set(withSources(edit, sources.toSpliced(at, 1)), '');
                  },
                })
              : nothing
          }
        </span>`,
    )}
    ${commitField({
      label: sources.length === 1 ? 'Another, or “=” and one instead' : 'Another',
      value: '',
      isEmptied: true,
      placeholder: '123 or channel 4',
      onCommit: (text) => {
        const isInstead = text.startsWith('=');
        const parsed = parseSource(text.replace(/^=/, ''), block);
        if (typeof parsed === 'string') actions.send({ kind: 'failed', cause: parsed });
        else set(withSources(edit, isInstead ? [parsed] : [...sources, parsed]), '');
      },
    })}
  </div>`;
}
