import { html, nothing, type TemplateResult } from 'lit';
import type { BoardBlock } from '../../src/protocol/boardPanel.ts';
import type { EditSource } from '../../src/protocol/recipe.ts';
import { featureChip } from '../shared/featureChip/featureChip.ts';
import { button } from '../ui/button.ts';
import { commitField } from '../ui/commitField.ts';
import type { EditContext, SetEdit } from './editFields.ts';
import type { PanelActions } from './panelActions.ts';
import { sourcesOf, withSources } from './recipeEdit.ts';
import { sourceWords } from './recipeWords.ts';

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

/** @returns what is wrong, as a text, or the source */
export function parseSource(text: string, block: BoardBlock | undefined): EditSource | string {
  const feature = /^#?(\d{1,9})$/.exec(text.trim());
  const channel = /^ch(?:annel)?\s*(\d{1,9})$/i.exec(text.trim());
  const checked = (value: number, count: number | null | undefined, what: string) =>
    count === null
      ? `The block ${block?.block ?? ''} has no SAE, so no features. Name a channel: channel 4.`
      : count !== undefined && value >= count
        ? `${block?.block ?? 'The block'} has ${what}s 0 to ${count - 1}, not ${value}.`
        : undefined;
  if (feature) {
    const id = Number(feature[1]);
    return checked(id, block?.nFeatures, 'feature') ?? { feature: id };
  }
  if (channel) {
    const index = Number(channel[1]);
    return checked(index, block?.width, 'channel') ?? { channel: index };
  }
  return `"${text}" names nothing: a feature such as 123, or a channel such as channel 4.`;
}
