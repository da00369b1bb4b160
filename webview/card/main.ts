import { render } from 'lit';
import {
  cardChanged,
  cardContactSheet,
  cardContent,
  cardSnapshot,
} from '../../src/protocol/cardPanel.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { PanelActions } from './panelActions.ts';
import { pressKey } from './panelKeys.ts';
import { isSavedState, savedStateOf } from './savedState.ts';
import { type PanelEvent, reduce, startState, wantedKey } from './state.ts';
import { cardView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state = startState(isSavedState(port.savedState) ? port.savedState : undefined);
const actions = new PanelActions(port.host, () => state, send);
/** The content that was asked for last. */
let asked: string | undefined;

function send(event: PanelEvent): void {
  const { revision } = state.host ?? {};
  state = reduce(state, event);
  if (state.host?.revision !== revision) actions.services.forgetPreviews();
  render(cardView(state, actions), root);
  const saved = savedStateOf(state);
  if (saved) port.save(saved);
  const key = wantedKey(state);
  const feature = state.host?.feature;
  if (!feature || key === undefined || key === asked) return;
  asked = key;
  port.host.request(cardContactSheet, { feature }).then(
    (sheet) => {
      send({ kind: 'sheet', key, sheet });
    },
    () => {
      // What keeps the engine from answering is told by the content.
      send({ kind: 'sheet', key, sheet: null });
    },
  );
  port.host.request(cardContent, { feature }).then(
    (content) => {
      send({ kind: 'content', key, content });
    },
    (error: unknown) => {
      send({ kind: 'notRead', key, cause: FeaturescopeError.from(error).message });
    },
  );
}

window.addEventListener('keydown', (event) => {
  pressKey(event, state, actions);
});
port.host.onNotification(cardChanged, (host) => {
  send({ kind: 'snapshot', host });
});
port.host.request(cardSnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
