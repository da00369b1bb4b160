import { html, nothing, render, type TemplateResult } from 'lit';
import { featureName } from '../../../src/protocol/featureName.ts';
import type { FeatureRef } from '../../../src/protocol/featurePanel.ts';
import type { FeaturePreview } from '../../../src/protocol/featurePreview.ts';
import { significant } from '../../../src/numerics/significant.ts';

/** As long as VS Code's own hovers wait. */
const waitMs = 300;
/** Time to move the mouse from the chip onto the card. */
const graceMs = 150;
const gap = 4;
const cardId = 'featureHoverCard';

type LoadPreview = (feature: FeatureRef) => Promise<FeaturePreview | null>;

let timer: ReturnType<typeof setTimeout> | undefined;
let anchor: HTMLElement | undefined;

/** Shows what is known of a feature beside its chip, after a moment; Escape and leaving close it. */
export function openHoverCard(chip: HTMLElement, feature: FeatureRef, load: LoadPreview): void {
  clearTimeout(timer);
  if (anchor === chip) return;
  timer = setTimeout(() => void show(chip, feature, load), waitMs);
}

/** After a moment, in which the mouse may move onto the card. */
export function closeHoverCard(): void {
  clearTimeout(timer);
  timer = setTimeout(hide, graceMs);
}

async function show(chip: HTMLElement, feature: FeatureRef, load: LoadPreview): Promise<void> {
  hide();
  anchor = chip;
  const preview = await load(feature).catch(() => null);
  // Meanwhile another chip, or none.
  if (anchor !== chip || !chip.isConnected) return;
  const card = theCard();
  render(content(feature, preview), card);
  card.showPopover();
  place(card, chip);
  chip.setAttribute('aria-describedby', cardId);
}

function hide(): void {
  anchor?.removeAttribute('aria-describedby');
  anchor = undefined;
  const card = document.getElementById(cardId);
  if (card?.matches(':popover-open')) card.hidePopover();
}

function theCard(): HTMLElement {
  const known = document.getElementById(cardId);
  if (known) return known;
  const card = document.createElement('div');
  card.id = cardId;
  card.className = 'hoverCard';
  card.popover = 'manual';
  card.setAttribute('role', 'tooltip');
  card.addEventListener('pointerenter', () => {
    clearTimeout(timer);
  });
  card.addEventListener('pointerleave', closeHoverCard);
  window.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return;
    clearTimeout(timer);
    hide();
  });
  window.addEventListener('scroll', hide, { capture: true, passive: true });
  (document.querySelector('main') ?? document.body).append(card);
  return card;
}

/** Below the chip, or above where there is more room; always inside the window. */
function place(card: HTMLElement, chip: HTMLElement): void {
  const around = chip.getBoundingClientRect();
  const { offsetWidth, offsetHeight } = card;
  const roomBelow = window.innerHeight - around.bottom;
  const isBelow = roomBelow >= offsetHeight + gap || roomBelow >= around.top;
  const top = isBelow ? around.bottom + gap : around.top - gap - offsetHeight;
  const left = Math.min(around.left, window.innerWidth - offsetWidth - gap);
  card.style.setProperty('left', `${String(Math.max(gap, left))}px`);
  card.style.setProperty('top', `${String(Math.max(gap, top))}px`);
}

function content(feature: FeatureRef, preview: FeaturePreview | null): TemplateResult {
  if (!preview) {
    return html`<p>${featureName(feature)}</p>
      <p class="muted">Nothing more is known: this block has no index yet.</p>`;
  }
  const { picture, figures, neighbours } = preview;
  return html`${
      picture
        ? html`<img src=${picture.uri} alt="Strongest picture: ${picture.prompt}" />`
        : nothing
    }
    <p>${featureName(feature)}</p>
    ${
      figures.isDead
        ? html`<p>Dead: active in no picture of the index.</p>`
        : html`<p>
              Density ${significant(100 * figures.density)} % of
              cells${figures.isAlwaysOn ? ', in more than 9 of 10 pictures' : ''}
            </p>
            <p>Mean ${significant(figures.mean)}, max ${significant(figures.max)} when active</p>`
    }
    ${
      neighbours.length > 0
        ? html`<p class="muted">Nearest by decoder cosine:</p>
            <ul>
              ${neighbours.map(
                (one) =>
                  html`<li>${featureName(one)} ${one.label} (${significant(one.cosine, 2)})</li>`,
              )}
            </ul>`
        : nothing
    }`;
}
