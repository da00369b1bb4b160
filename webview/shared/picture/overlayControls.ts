import { html, type TemplateResult } from 'lit';
import { checkbox } from '../../ui/checkbox.ts';
import { dropdown } from '../../ui/dropdown.ts';
import { slider } from '../../ui/slider.ts';
import type { Overlay } from './overlay.ts';

/** Off switch, opacity and style of the maps over a panel's pictures. */
export function overlayControls(
  overlay: Overlay,
  onChange: (overlay: Overlay) => void,
): TemplateResult {
  return html`<div class="overlayControls" role="group" aria-label="Maps over the picture">
    ${checkbox({
      label: 'Show maps',
      isChecked: overlay.isShown,
      onChange: (isShown) => {
        onChange({ ...overlay, isShown });
      },
    })}
    ${slider({
      label: 'Opacity',
      value: overlay.opacity,
      min: 0,
      max: 1,
      step: 0.05,
      valueWords: `${Math.round(overlay.opacity * 100)} %`,
      onInput: (opacity) => {
        onChange({ ...overlay, opacity });
      },
    })}
    ${dropdown({
      label: 'Cells as',
      value: overlay.style,
      options: [
        { value: 'cells', label: 'Squares' },
        { value: 'smooth', label: 'Smooth' },
      ],
      onChange: (style) => {
        onChange({ ...overlay, style });
      },
    })}
  </div>`;
}
