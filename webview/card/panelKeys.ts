import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

/** What each key does, for tooltips. */
export const keys = {
  back: '[',
  forward: ']',
  pin: 'P',
  label: 'L',
  map: 'M',
  crop: 'C',
} as const;

/** Keys of the card; none while something is typed, and none with a modifier, which belong to the editor. */
export function pressKey(event: KeyboardEvent, state: PanelState, actions: PanelActions): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (!state.host?.feature || state.blind) return;
  switch (event.key.toUpperCase()) {
    case keys.back:
      actions.go('back');
      break;
    case keys.forward:
      actions.go('forward');
      break;
    case keys.pin:
      actions.togglePin();
      break;
    case keys.map:
      actions.send({ kind: 'looks', looks: { hasMap: !state.looks.hasMap } });
      break;
    case keys.crop:
      actions.send({ kind: 'looks', looks: { isCropped: !state.looks.isCropped } });
      break;
    case keys.label:
      document.querySelector<HTMLElement>('.ownLabel vscode-text-field')?.focus();
      break;
    default:
      return;
  }
  event.preventDefault();
}

const isTyping = (event: Event): boolean =>
  event
    .composedPath()
    .some(
      (one) =>
        one instanceof HTMLInputElement ||
        one instanceof HTMLTextAreaElement ||
        one instanceof HTMLSelectElement ||
        (one instanceof HTMLElement && /^vscode-(text|dropdown)/i.test(one.localName)),
    );
