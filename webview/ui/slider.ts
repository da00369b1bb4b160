import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';

export interface SliderOptions {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value in words, with its unit: "50 %". */
  readonly valueWords: string;
  readonly onInput: (value: number) => void;
}

/** A number within a range; the browser's own, the toolkit has none. */
export function slider(options: SliderOptions): TemplateResult {
  const { label, value, min, max, step, valueWords, onInput } = options;
  return html`<label class="slider">
    <span>${label}</span>
    <input
      type="range"
      min=${min}
      max=${max}
      step=${step}
      .value=${live(String(value))}
      aria-valuetext=${valueWords}
      @input=${(event: Event) => {
        onInput((event.target as HTMLInputElement).valueAsNumber);
      }}
    />
    <span class="sliderValue">${valueWords}</span>
  </label>`;
}
