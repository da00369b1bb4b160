import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { featureName } from '../../../src/protocol/featureName.ts';
import type { FeatureRef } from '../../../src/protocol/featurePanel.ts';
import type { FeaturePreview } from '../../../src/protocol/featurePreview.ts';
import type { EffectiveLabel } from '../../../src/protocol/labels.ts';
import { blockColour } from '../blockColour.ts';
import { significant } from '../../../src/numerics/significant.ts';
import { writeFeatureDrag } from './featureDrag.ts';
import { closeHoverCard, openHoverCard } from './hoverCard.ts';
import { labelWords } from './labelWords.ts';

/** A number about the feature, said in its own unit, with a bar of `share`. */
export interface ChipStrength {
  readonly value: number;
  /** "mean activation", "cosine", "× mean": never left out. */
  readonly unit: string;
  /** Length of the bar, 0 ... 1. */
  readonly share: number;
}

export interface FeatureChipOptions {
  readonly feature: FeatureRef;
  /** null: it has none. */
  readonly label?: Pick<EffectiveLabel, 'text' | 'source' | 'provenance' | 'confidence'> | null;
  readonly strength?: ChipStrength;
  /** Click and Enter: the feature card. */
  readonly onOpen: (feature: FeatureRef) => void;
  /** Ctrl-click and Ctrl+Enter (⌘ on a Mac): to the board. Without it they open the card too. */
  readonly onBoard?: ((feature: FeatureRef) => void) | undefined;
  /** What the hovering card shows, asked for when it opens. Without it there is no such card. */
  readonly preview?: ((feature: FeatureRef) => Promise<FeaturePreview | null>) | undefined;
}

/**
 * One feature of one block, the same wherever one is named: stripe in the block's colour, `down.2.1/1674`, label, strength
 * with a bar. It can be dragged (see featureDrag.ts), and the extension's menus find it by `data-vscode-context`.
 */
export function featureChip(options: FeatureChipOptions): TemplateResult {
  const { feature, label, strength, preview } = options;
  const name = featureName(feature);
  const open = (event: MouseEvent): void => {
    closeHoverCard();
    if ((event.ctrlKey || event.metaKey) && options.onBoard) options.onBoard(feature);
    else options.onOpen(feature);
  };
  const hover = ({ currentTarget }: Event): void => {
    if (preview) openHoverCard(currentTarget as HTMLElement, feature, preview);
  };
  return html`<button
    type="button"
    class="featureChip"
    draggable="true"
    title=${preview ? nothing : chipTitle(options)}
    aria-label=${spoken(options)}
    data-vscode-context=${JSON.stringify({
      webviewSection: 'feature',
      block: feature.block,
      id: feature.id,
      preventDefaultContextMenuItems: true,
    })}
    ${blockColour(feature.block)}
    @click=${open}
    @keydown=${(event: KeyboardEvent) => {
      // Browsers press a button for Enter alone.
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      closeHoverCard();
      (options.onBoard ?? options.onOpen)(feature);
    }}
    @dragstart=${({ dataTransfer }: DragEvent) => {
      closeHoverCard();
      if (dataTransfer) writeFeatureDrag(dataTransfer, [feature]);
    }}
    @pointerenter=${hover}
    @pointerleave=${closeHoverCard}
    @focus=${hover}
    @blur=${closeHoverCard}
  >
    <span class="chipStripe"></span>
    <span class="chipName">${name}</span>
    ${
      label
        ? html`<span class="chipLabel chip-${label.source}" title=${labelWords(label)}
            >${label.text}</span
          >`
        : nothing
    }
    ${strength ? strengthView(strength) : nothing}
  </button>`;
}

function strengthView({ value, unit, share }: ChipStrength): TemplateResult {
  const width = `${String(100 * Math.min(1, Math.max(0, share)))}%`;
  return html`<span class="chipBar" aria-hidden="true"
      ><span
        ${ref((element) => {
          (element as HTMLElement | undefined)?.style.setProperty('width', width);
        })}
      ></span></span
    ><span class="chipValue">${significant(value)} <span class="chipUnit">${unit}</span></span>`;
}

function spoken({ feature, label, strength }: FeatureChipOptions): string {
  return [
    featureName(feature),
    label ? `${label.text} (${label.source} label)` : '',
    strength ? `${significant(strength.value)} ${strength.unit}` : '',
  ]
    .filter(Boolean)
    .join(', ');
}

const chipTitle = ({ feature, label, onBoard }: FeatureChipOptions): string =>
  [
    `Open the feature card of ${featureName(feature)}`,
    onBoard ? 'with Ctrl: put it on the ablation board' : '',
    label ? labelWords(label) : '',
  ]
    .filter(Boolean)
    .join('\n');
