import type { PanelActions } from './panelActions.ts';
import type { PanelState } from './state.ts';

const intervalMs = 700;

/** @returns to be called with each state: lets pictures blink while that is chosen and motion is wanted */
export function followBlink(actions: PanelActions): (state: PanelState) => void {
  const reduced = matchMedia('(prefers-reduced-motion: reduce)');
  let timer: ReturnType<typeof setInterval> | undefined;
  let current: PanelState;
  return (state) => {
    current = state;
    const isReduced = reduced.matches || document.body.classList.contains('vscode-reduce-motion');
    const isWanted = state.compare === 'blink' && !isReduced;
    if (isWanted && timer === undefined) {
      timer = setInterval(() => {
        actions.choose({ isEditedShown: !current.isEditedShown });
      }, intervalMs);
    } else if (!isWanted && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
