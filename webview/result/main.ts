import { render } from 'lit';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  resultChanged,
  resultEnlarged,
  resultPixels,
  resultSnapshot,
} from '../../src/protocol/resultPanel.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { ViewState } from '../shared/picture/viewState.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { PanelActions } from './panelActions.ts';
import { panelKeys } from './panelKeys.ts';
import { isSavedState, savedStateOf } from './savedState.ts';
import { missingPixels, reduce, startState, type PanelEvent } from './state.ts';
import { panelView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state = startState(isSavedState(port.savedState) ? port.savedState : undefined);
const view = new ViewState();
/** Pixels on their way. */
const asked = new Set<string>();
const actions = new PanelActions(port.host, () => state, send);

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(panelView(state, view, actions), root);
  const saved = savedStateOf(state);
  if (saved) port.save(saved);
  for (const pictureId of missingPixels(state)) void fetchPixels(pictureId);
  tellEnlarged();
}

let toldId: string | null = null;
/** After a restore too: what is large is what tree and feature view are about. */
function tellEnlarged(): void {
  const { host, enlargedId } = state;
  if (!host || enlargedId === null || enlargedId === toldId) return;
  if (!host.pictures.some(({ pictureId }) => pictureId === enlargedId)) return;
  toldId = enlargedId;
  port.host.request(resultEnlarged, { pictureId: enlargedId }).catch(() => {
    toldId = null;
  });
}

async function fetchPixels(pictureId: string): Promise<void> {
  if (asked.has(pictureId)) return;
  asked.add(pictureId);
  try {
    const { width, height, rgb } = await port.host.request(resultPixels, { pictureId });
    send({ kind: 'pixels', pictureId, picture: { width, height, rgb: new Uint8Array(rgb) } });
  } catch (error) {
    send({ kind: 'pixels', pictureId, picture: null });
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  } finally {
    asked.delete(pictureId);
  }
}

port.host.onNotification(resultChanged, (host) => {
  send({ kind: 'snapshot', host, nowMs: performance.now() });
});
window.addEventListener('keydown', (event) => {
  panelKeys(event, state, actions);
});
port.host.request(resultSnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host, nowMs: performance.now() });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
