import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

/** Keys of the whole panel; fields keep their own. */
export function panelKeys(event: KeyboardEvent, state: PanelState, actions: PanelActions): void {
  if (isTyping(event) || event.altKey) return;
  const isCommand = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  // VS Code hears the key too, and undoes in the file.
  if (isCommand && ['z', 'y'].includes(key) && state.host?.isFile) {
    event.preventDefault();
    return;
  }
  if (isCommand && key === 'z') actions.undo(event.shiftKey);
  else if (isCommand && key === 'y') actions.undo(true);
  else if (event.key === 'Escape' && state.host?.job) actions.cancel();
  else if (event.key === 'Escape' && state.painting) actions.endPainting();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function isTyping({ target }: KeyboardEvent): boolean {
  const name = target instanceof Element ? target.tagName.toLowerCase() : '';
  return ['input', 'textarea', 'vscode-text-field', 'vscode-text-area'].includes(name)
    ? !(target instanceof HTMLInputElement && target.type === 'range')
    : false;
}
