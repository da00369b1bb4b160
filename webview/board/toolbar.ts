import { html, nothing, type TemplateResult } from 'lit';
import type { BoardState } from '../../src/protocol/boardPanel.ts';
import { durationWords } from '../shared/duration.ts';
import { button } from '../ui/button.ts';
import { checkbox } from '../ui/checkbox.ts';
import { dropdown } from '../ui/dropdown.ts';
import { slider } from '../ui/slider.ts';
import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

/** Run, undo, add, compare, save. */
export function toolbar(
  state: PanelState,
  host: BoardState,
  actions: PanelActions,
): TemplateResult {
  const isWorking = host.job !== null;
  const hasVariants = host.document.variants.length > 0;
  const hasPictures = host.columns.some(({ edited }) => Object.keys(edited).length > 0);
  return html`<div class="toolbar" role="toolbar" aria-label="Board">
    <div class="buttons">
      ${button({
        label: 'Run Board',
        appearance: 'primary',
        isDisabled: isWorking || !hasVariants,
        title: hasVariants
          ? 'Makes every picture that is missing, over what they share'
          : 'Add a variant first',
        onClick: () => {
          actions.runBoard();
        },
      })}
      ${button({
        label: 'Undo',
        isDisabled: host.undo === null,
        title: host.undo === null ? 'Nothing to undo' : `Undo: ${host.undo} (Ctrl+Z)`,
        onClick: () => {
          actions.undo(false);
        },
      })}
      ${button({
        label: 'Redo',
        isDisabled: host.redo === null,
        title: host.redo === null ? 'Nothing to redo' : `Redo: ${host.redo} (Ctrl+Y)`,
        onClick: () => {
          actions.undo(true);
        },
      })}
      ${button({
        label: 'Add Feature…',
        title: 'A variant that removes a feature, by its id',
        onClick: () => {
          actions.addFeatures(null);
        },
      })}
      ${button({
        label: 'Add Direction…',
        title:
          'A variant that removes a direction: difference of two prompt sets, probe, principal component, channel, vector from a file',
        onClick: () => {
          actions.addDirection();
        },
      })}
      ${button({
        label: 'Paste Recipe',
        title: 'A variant from a recipe (JSON) in the clipboard',
        onClick: () => {
          actions.paste();
        },
      })}
      ${button({
        label: 'Save Sheet…',
        isDisabled: !hasPictures,
        title: 'All rows with pictures, difference maps and figures as one PNG',
        onClick: () => {
          void actions.saveSheet();
        },
      })}
      ${button({
        label: 'Save CSV…',
        isDisabled: !hasPictures,
        title: 'Every figure of every picture, unrounded, with its recipe',
        onClick: () => {
          actions.saveCsv();
        },
      })}
      ${button({
        label: 'Copy CSV',
        isDisabled: !hasPictures,
        onClick: () => {
          actions.copyCsv();
        },
      })}
    </div>
    ${options(state, host, actions)}
    <p class="said" role="status">${state.said}</p>
  </div>`;
}

function options(state: PanelState, host: BoardState, actions: PanelActions): TemplateResult {
  const { compare, swipe, difference, hasCommonScale, isEditedShown } = state;
  return html`<div class="options">
    ${dropdown({
      label: 'Compare',
      value: compare,
      options: [
        { value: 'side', label: 'Side by side' },
        { value: 'blink', label: 'Blink' },
        { value: 'swipe', label: 'Swipe' },
        { value: 'difference', label: 'Difference' },
      ],
      onChange: (next) => {
        actions.choose({ compare: next, isEditedShown: true });
      },
    })}
    ${
      compare === 'swipe'
        ? slider({
            label: 'Original up to',
            value: swipe,
            min: 0,
            max: 1,
            step: 0.01,
            valueWords: `${Math.round(swipe * 100)} %`,
            onInput: (next) => {
              actions.choose({ swipe: next });
            },
          })
        : nothing
    }
    ${
      compare === 'blink'
        ? button({
            label: isEditedShown ? 'Show original' : 'Show edited',
            onClick: () => {
              actions.choose({ isEditedShown: !isEditedShown });
            },
          })
        : nothing
    }
    ${dropdown({
      label: 'Difference of',
      value: difference,
      options: [
        { value: 'change', label: 'All channels, mean |Δ|' },
        { value: 'lightness', label: 'Lightness' },
      ],
      onChange: (next) => {
        actions.choose({ difference: next });
      },
    })}
    ${checkbox({
      label: 'Same colour scale in all rows',
      isChecked: hasCommonScale,
      onChange: (isChecked) => {
        actions.choose({ hasCommonScale: isChecked });
      },
    })}
    ${checkbox({
      label: 'Live preview',
      isChecked: host.isLive,
      onChange: (isLive) => {
        actions.setOptions({ isLive });
      },
    })}
    ${checkbox({
      label: 'Keep pictures in Runs',
      isChecked: host.isKeeping,
      onChange: (isKeeping) => {
        actions.setOptions({ isKeeping });
      },
    })}
    ${host.isLive ? latency(state, host) : nothing}
  </div>`;
}

function latency({ latency: figures }: PanelState, { isPreviewing }: BoardState): TemplateResult {
  const measured = figures
    ? `Move to picture: last ${durationWords(figures.lastMs)}, 95 % within ${durationWords(figures.p95Ms)} (${figures.count})`
    : '';
  return html`<span class="latency muted"
    >${measured}${isPreviewing ? html`<span class="previewing"> · previewing…</span>` : nothing}</span
  >`;
}
