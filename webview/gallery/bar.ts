import { html, nothing, type TemplateResult } from 'lit';
import type { FeatureSort } from '../../src/protocol/indexSearch.ts';
import { significant } from '../../src/numerics/significant.ts';
import { button } from '../ui/button.ts';
import { checkbox } from '../ui/checkbox.ts';
import { dropdown } from '../ui/dropdown.ts';
import { textField } from '../ui/textField.ts';
import type { PanelState, Query } from './state.ts';
import type { GalleryParts } from './view.ts';

const sorts: readonly { readonly value: FeatureSort; readonly label: string }[] = [
  { value: 'density', label: 'Density' },
  { value: 'pictureShare', label: 'Share of pictures' },
  { value: 'strength', label: 'Mean strength' },
  { value: 'max', label: 'Largest strength' },
  { value: 'locality', label: 'Locality' },
  { value: 'label', label: 'Label' },
  { value: 'id', label: 'Id' },
  { value: 'relevance', label: 'Fit to the words' },
];
const labelChoices = [
  { value: '', label: 'All' },
  { value: 'any', label: 'Any label' },
  { value: 'own', label: 'Own label' },
  { value: 'imported', label: 'Imported label' },
  { value: 'shipped', label: 'Label of the model' },
  { value: 'automatic', label: 'Automatic label' },
] as const;

/** What is looked for, how it is sorted, how many there are. */
export function galleryBar(state: PanelState, { send, grid }: GalleryParts): TemplateResult {
  const { query, host } = state;
  const set = (change: Partial<Query>): void => {
    send({ kind: 'query', query: change });
    grid.reset();
  };
  const blocks = host?.blocks ?? [];
  return html`<div class="bar" role="search" aria-label="Features to show">
    <div class="words">
      ${textField({
        label: 'Words or id',
        value: query.text,
        onInput: (text) => {
          set({ text });
        },
      })}
    </div>
    ${dropdown({
      label: 'Block',
      value: query.block ?? '',
      options: [
        { value: '', label: 'All blocks' },
        ...blocks.map(({ block }) => ({ value: block, label: block })),
      ],
      onChange: (block) => {
        set({ block: block || null });
      },
    })}
    ${dropdown<FeatureSort>({
      label: 'Sort by',
      value: query.sort,
      options: sorts,
      onChange: (sort) => {
        set({ sort, isAscending: sort === 'label' || sort === 'id' });
      },
    })}
    ${button({
      label: query.isAscending ? '↑ Ascending' : '↓ Descending',
      onClick: () => {
        set({ isAscending: !query.isAscending });
      },
    })}
    ${dropdown<string>({
      label: 'Labels',
      value: query.labelled ?? '',
      options: labelChoices,
      onChange: (labelled) => {
        set({ labelled: (labelled || null) as Query['labelled'] });
      },
    })}
    ${
      host && host.lists.length > 0
        ? dropdown({
            label: 'List',
            value: query.list ?? '',
            options: [
              { value: '', label: 'On any or none' },
              ...host.lists.map((name) => ({ value: name, label: name })),
            ],
            onChange: (list) => {
              set({ list: list || null });
            },
          })
        : nothing
    }
    <div class="checks">
      ${checkbox({
        label: 'Hide dead',
        isChecked: query.hideDead,
        onChange: (hideDead) => {
          set({ hideDead });
        },
      })}
      ${checkbox({
        label: 'Hide always on',
        isChecked: query.hideAlwaysOn,
        onChange: (hideAlwaysOn) => {
          set({ hideAlwaysOn });
        },
      })}
    </div>
    <p class="count muted" role="status">${foundText(state)}</p>
  </div>`;
}

function foundText({ host, totalCount, hasAllWords }: PanelState): string {
  if (totalCount === undefined) return 'Searching…';
  const features = `${significant(totalCount, 9)} features of ${host?.modelTitle ?? ''}`;
  return hasAllWords ? features : `${features} with some of the words; none has them all`;
}
