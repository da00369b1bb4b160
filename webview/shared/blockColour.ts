import { ref } from 'lit/directives/ref.js';
import { blocks } from './blocks.ts';

/** A block that the paper does not speak of. */
const plainColour = 'var(--vscode-descriptionForeground)';

/**
 * Gives an element the property `--block-colour`. Not a style attribute, which the directive for styles would write
 * and which needs a looser content policy.
 */
export function blockColour(block: string) {
  const colour = blocks.find(({ name }) => name === block)?.colour ?? plainColour;
  return ref((element) => {
    const { style } = (element ?? {}) as Partial<HTMLElement>;
    style?.setProperty('--block-colour', colour);
  });
}
