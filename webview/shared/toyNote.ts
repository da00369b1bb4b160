import { html, nothing, type TemplateResult } from 'lit';
import { toyCaveat } from '../../src/protocol/specialization.ts';

/** Beside figures of the model that comes with the extension. */
export const toyNote = (isEmbedded: boolean | undefined): TemplateResult | typeof nothing =>
  isEmbedded === true ? html`<p class="muted caveat">${toyCaveat}</p>` : nothing;
