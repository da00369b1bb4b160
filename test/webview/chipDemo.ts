/** Feature chips by themselves: with and without label, strength, board; one in a narrow place. */
import { html, render } from 'lit';
import type { FeaturePreview } from '../../src/protocol/featurePreview.ts';
import {
  featureChip,
  type FeatureChipOptions,
} from '../../webview/shared/featureChip/featureChip.ts';
import { readFeatureDrag } from '../../webview/shared/featureChip/featureDrag.ts';

const events: string[] = [];
declare global {
  interface Window {
    chipEvents: string[];
  }
}
window.chipEvents = events;

/** A small picture that a strict policy lets through: the page's own. */
const preview: FeaturePreview = {
  picture: null,
  figures: { density: 0.0123, mean: 4.2, max: 17.25, isDead: false, isAlwaysOn: false },
  neighbours: [{ block: 'mid.0', id: 7, label: 'red things', cosine: 0.81 }],
};
const own = {
  text: 'red apple',
  source: 'own',
  provenance: 'labels.tsv',
  confidence: 0.9,
} as const;
const chip = (options: Partial<FeatureChipOptions>) =>
  html`<p>
    ${featureChip({
      feature: { block: 'down.2.1', id: 1674 },
      onOpen: ({ id }) => events.push(`open ${id}`),
      ...options,
    })}
  </p>`;

render(
  html`<h1>Chips</h1>
    ${chip({})}
    ${chip({
      feature: { block: 'mid.0', id: 3 },
      label: { ...own, source: 'imported' },
      strength: { value: 12.3456, unit: 'mean activation', share: 0.7 },
      onBoard: ({ id }) => events.push(`board ${id}`),
      preview: async () => preview,
    })}
    ${chip({ feature: { block: 'up.0.0', id: 4 }, label: own, preview: async () => null })}
    ${chip({
      feature: { block: 'up.0.1', id: 5 },
      label: { ...own, source: 'automatic', text: 'a label that goes on and on '.repeat(6) },
      strength: { value: 0.81, unit: 'cosine', share: 2 },
    })}
    ${chip({ feature: { block: 'strange.block', id: 6 }, label: null })}
    <div
      id="drop"
      @dragover=${(event: DragEvent) => {
        event.preventDefault();
      }}
      @drop=${(event: DragEvent) => {
        event.preventDefault();
        const features = event.dataTransfer ? readFeatureDrag(event.dataTransfer) : [];
        events.push(`drop ${features.map(({ block, id }) => `${block}/${id}`).join()}`);
      }}
    >
      drop here
    </div>`,
  document.getElementById('root')!,
);
