import type { PanelActions } from './panelActions.ts';
import { largePicture, type PanelState } from './state.ts';

/** Keys that work anywhere in the panel: Ctrl+Enter generates, Escape cancels or goes back to all pictures. */
export function panelKeys(event: KeyboardEvent, state: PanelState, actions: PanelActions): void {
  if (event.defaultPrevented) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    actions.generate();
  } else if (event.key === 'Escape') {
    if (state.host?.status.kind === 'running') actions.cancel();
    else if (state.enlargedId !== null && largePicture(state)) {
      actions.send({ kind: 'enlarged', pictureId: null });
    }
  }
}
