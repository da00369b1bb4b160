import type { DirectiveResult } from 'lit/directive.js';
import { ref } from 'lit/directives/ref.js';

/** A toolkit element's own control, inside its shadow root. */
interface WithControl extends Element {
  readonly control?: Element;
}

/**
 * Makes a note the description of the field before it. An id would not reach into the field's shadow root; an
 * element reference does.
 */
export function describesField(): DirectiveResult {
  return ref((note) => {
    if (!note) return;
    // The field's shadow tree is made once it is connected, after this template is.
    queueMicrotask(() => {
      const field: WithControl | null = note.previousElementSibling;
      if (field?.control) field.control.ariaDescribedByElements = [note];
    });
  });
}
