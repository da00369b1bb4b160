import { html, nothing, type TemplateResult } from 'lit';
import { ranks, type Rank } from '../../src/numerics/codes.ts';
import type { BlockReading } from '../../src/protocol/features.ts';
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
  readings: readonly BlockReading[],
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
      stepCount > 1
        ? slider({
            label: 'Step',
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
        title: 'The ranked features of all blocks with every number',
        onClick: () => {
          actions.copyCsv();
        },
      })}
      ${button({
        label: 'Save map…',
        isDisabled: !hasMap,
        title: hasMap
          ? 'The picture with the map over it, as PNG'
          : 'Show the map of a feature first',
        onClick: () => {
          const tile = tiles.find(({ maps }) => maps.length > 0);
          if (tile) void actions.saveMap(tile);
        },
      })}
    </div>
    <p class="said" role="status">${state.said}</p>
  </div>`;
}
