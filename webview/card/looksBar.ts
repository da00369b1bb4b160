import { html, type TemplateResult } from 'lit';
import { checkbox } from '../ui/checkbox.ts';
import { dropdown } from '../ui/dropdown.ts';
import { slider } from '../ui/slider.ts';
import type { PanelActions } from './panelActions.ts';
import { keys } from './panelKeys.ts';
import type { Looks, MapScale } from './state.ts';

/** Map, crop, opacity and colours of all pictures at once. */
export function looksBar(looks: Looks, actions: PanelActions): TemplateResult {
  const set = (change: Partial<Looks>): void => {
    actions.send({ kind: 'looks', looks: change });
  };
  return html`<div class="looksBar">
    ${checkbox({
      label: `Heat map (${keys.map})`,
      isChecked: looks.hasMap,
      onChange: (hasMap) => {
        set({ hasMap });
      },
    })}
    ${checkbox({
      label: `Only around the peak (${keys.crop})`,
      isChecked: looks.isCropped,
      onChange: (isCropped) => {
        set({ isCropped });
      },
    })}
    ${slider({
      label: 'Opacity',
      ...{ value: looks.opacity, min: 0.1, max: 1, step: 0.05 },
      valueWords: `${Math.round(100 * looks.opacity)} %`,
      onInput: (opacity) => {
        set({ opacity });
      },
    })}
    ${dropdown<MapScale>({
      label: 'Colours end at',
      value: looks.scale,
      options: [
        { value: 'own', label: "Each picture's peak" },
        { value: 'feature', label: "The feature's largest" },
      ],
      onChange: (scale) => {
        set({ scale });
      },
    })}
    ${checkbox({
      label: 'Smooth',
      isChecked: looks.style === 'smooth',
      onChange: (isSmooth) => {
        set({ style: isSmooth ? 'smooth' : 'cells' });
      },
    })}
  </div>`;
}
