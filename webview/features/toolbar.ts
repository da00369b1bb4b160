import { html, nothing, type TemplateResult } from 'lit';
import { ranks, type Rank } from '../../src/numerics/codes.ts';
import type { ReadBlock } from '../../src/protocol/featurePanel.ts';
import { button } from '../ui/button.ts';
import { dropdown } from '../ui/dropdown.ts';
import { slider } from '../ui/slider.ts';
import type { PanelActions } from './panelActions.ts';
import { stepCountOf, topCounts, type PanelState } from './state.ts';
import type { Tile } from './tiles.ts';

const rankLabels: Readonly<Record<Rank, string>> = {
  mean: 'Mean over cells',
  max: 'Largest cell',
  sum: 'Sum over cells',
  cells: 'Number of cells',
};

/** What is ranked how, at which step, against what; and what can be taken out. */
export function toolbar(
  state: PanelState,
  readings: readonly ReadBlock[],
  tiles: readonly Tile[],
  actions: PanelActions,
): TemplateResult {
  const stepCount = stepCountOf(readings);
  const isCompared = Boolean(state.host?.other);
  const hasMap = tiles.some(({ maps }) => maps.length > 0);
  return html`<div class="toolbar" role="toolbar" aria-label="Features">
    ${dropdown({
      label: 'Rank by',
      value: state.rank,
      options: ranks.map((value) => ({ value, label: rankLabels[value] })),
      onChange: (rank) => {
        actions.choose({ rank });
      },
    })}
    ${dropdown({
      label: 'Per block',
      value: String(state.topCount),
      options: topCounts.map((count) => ({ value: String(count), label: `Top ${count}` })),
      onChange: (count) => {
        actions.choose({ topCount: Number(count) });
      },
    })}
    ${
      readings.some(({ featureMean }) => featureMean)
        ? dropdown({
            label: 'Strength in',
            value: state.unit,
            options: [
              { value: 'activation', label: 'Activations' },
              { value: 'featureMean', label: 'Feature means' },
            ],
            onChange: (unit) => {
              actions.choose({ unit });
            },
          })
        : nothing
    }
    ${
      stepCount > 1
        ? slider({
            label: state.host?.picture?.manifest.explained ? 'Noise' : 'Step',
            value: Math.min(state.stepIndex, stepCount - 1) + 1,
            min: 1,
            max: stepCount,
            step: 1,
            valueWords: `${Math.min(state.stepIndex, stepCount - 1) + 1} of ${stepCount}`,
            onInput: (step) => {
              actions.choose({ stepIndex: step - 1 });
            },
          })
        : nothing
    }
    <div class="buttons" role="group" aria-label="Picture and table">
      ${button({
        label: isCompared ? 'End comparison' : 'Compare with…',
        title: isCompared
          ? 'Show one picture again'
          : 'Features that differ most from those of another kept picture',
        onClick: () => {
          actions.compare(!isCompared);
        },
      })}
      ${button({
        label: 'Copy CSV',
        title: isCompared
          ? 'The listed features of all blocks in both pictures'
          : state.area
            ? 'The listed features of all blocks in the chosen cells'
            : 'The listed features of all blocks with every number',
        onClick: () => {
          actions.copyCsv();
        },
      })}
      ${button({
        label: 'Copy map',
        isDisabled: !hasMap,
        title: hasMap
          ? 'What is seen, with colour bars, prompt and seed, to the clipboard'
          : 'Show the map of a feature first',
        onClick: () => {
          void actions.copyMap(tiles);
        },
      })}
      ${button({
        label: 'Save map…',
        isDisabled: !hasMap,
        title: hasMap
          ? 'What is seen, with colour bars, prompt and seed, as PNG'
          : 'Show the map of a feature first',
        onClick: () => {
          void actions.saveMap(tiles);
        },
      })}
    </div>
    <p class="said" role="status">${state.said}</p>
  </div>`;
}
