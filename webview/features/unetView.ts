import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { unetTarget, type ReadBlock } from '../../src/protocol/featurePanel.ts';
import type { UnetPart } from '../../src/protocol/unetParts.ts';
import { blocks } from '../shared/blocks.ts';
import type { PanelActions } from './panelActions.ts';
import { sectionId } from './sectionId.ts';
import type { PanelState } from './state.ts';
import { groupsOf, kindWords, sizeWords, type UnetGroup } from './unetGroups.ts';

/** The named layers of the model's U-net in the shape that gave it its name: what the blocks' names mean. */
export function unetView(
  state: PanelState,
  readings: readonly ReadBlock[],
  actions: PanelActions,
): TemplateResult {
  const { isUnetOpen, unetParts: parts, host } = state;
  return html`<details
    class="unet"
    id=${sectionId(unetTarget)}
    .open=${isUnetOpen}
    @toggle=${(event: Event) => {
      const { open } = event.currentTarget as HTMLDetailsElement;
      if (open !== isUnetOpen) actions.choose({ isUnetOpen: open });
    }}
  >
    <summary>U-net: where the blocks are</summary>
    ${
      !isUnetOpen
        ? nothing
        : parts
          ? [schematic(parts, readings, actions), partsTable(parts, host?.modelTitle ?? '')]
          : html`<p class="muted" role="status">
              ${parts === null ? 'The layers of the U-net could not be read.' : 'Reading the U-net…'}
            </p>`
    }
  </details>`;
}

function schematic(
  parts: readonly UnetPart[],
  readings: readonly ReadBlock[],
  actions: PanelActions,
): TemplateResult {
  const groups = groupsOf(parts);
  return html`<p class="muted">
      From the noisy picture down the left side, through the middle, up the right side. Roles are
      the paper's words (Surkov et al. 2024), found on SDXL Turbo. A marked block opens its
      features.
    </p>
    <div class="unetGroups">${groups.map((group) => groupView(group, readings, actions))}</div>`;
}

const arrows = { down: '↓', middle: '→', up: '↑' } as const;

function groupView(
  group: UnetGroup,
  readings: readonly ReadBlock[],
  actions: PanelActions,
): TemplateResult {
  return html`<section
    class="unetGroup ${group.side}"
    aria-label=${group.title}
    ${ref((element) => {
      const { style } = (element ?? {}) as Partial<HTMLElement>;
      style?.setProperty('--row', String(group.row));
    })}
  >
    <h2>
      ${group.title} <span aria-hidden="true">${arrows[group.side]}</span>
      <span class="muted">${group.size}</span>
    </h2>
    <ol>
      ${group.parts.map((part) => partView(part, readings, actions))}
    </ol>
  </section>`;
}

function partView(
  part: UnetPart,
  readings: readonly ReadBlock[],
  actions: PanelActions,
): TemplateResult {
  const { name, path, kind, reads } = part;
  const paper = blocks.find((block) => block.path === `unet.${path}`);
  const hasFeatures = readings.some(({ block }) => block === name);
  const [, ...skips] = reads;
  const words = html`<span class="partName">${name}</span>
    <span class="partKind">${paper ? `in the paper: ${paper.role}` : kindWords[kind]}</span>`;
  return html`<li
    class="unetPart ${kind} ${paper || hasFeatures ? 'marked' : ''}"
    ${ref((element) => {
      const { style } = (element ?? {}) as Partial<HTMLElement>;
      style?.setProperty('--block-colour', paper?.colour ?? 'var(--vscode-descriptionForeground)');
    })}
  >
    ${
      hasFeatures
        ? html`<button
            type="button"
            title="Show the features of ${name} (${path})"
            @click=${() => {
              actions.lookAt(name);
            }}
          >
            ${words}
          </button>`
        : html`<span class="partBox" title=${path}>${words}</span>`
    }
    ${skips.length > 0 ? html`<span class="skip">⤺ also reads ${skips.join(', ')}</span>` : nothing}
  </li>`;
}

function partsTable(parts: readonly UnetPart[], modelTitle: string): TemplateResult {
  return html`<details class="tables">
    <summary>Show as table</summary>
    <div class="unetTable" tabindex="0" role="group" aria-label="Layers of the U-net">
      <table class="features">
        <caption class="muted">
          ${parts.length} named layers of ${modelTitle || 'the model'}, in the order in which they
          run
        </caption>
        <thead>
          <tr>
            ${['Layer', 'Kind', 'Channels', 'Size', 'Transformer blocks', 'Reads', 'Path'].map(
              (title) => html`<th scope="col">${title}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${parts.map(
            (part) =>
              html`<tr>
                <th scope="row" class="feature">${part.name}</th>
                <td>${kindWords[part.kind]}</td>
                <td>${part.width ?? '–'}</td>
                <td>${sizeWords(part.halvings)}</td>
                <td>${part.depth === 0 ? '–' : part.depth}</td>
                <td>${part.reads.join(', ') || 'the latents'}</td>
                <td>${part.path}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
