import { render } from 'lit';
import { acceptanceChanged, acceptanceSnapshot } from '../../src/protocol/acceptancePanel.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { PanelActions } from './panelActions.ts';
import { isSavedState, type PanelEvent, reduce, savedStateOf, startState } from './state.ts';
import { panelView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state = startState(isSavedState(port.savedState) ? port.savedState : undefined);
const actions = new PanelActions(port.host, () => state, send);

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(panelView(state, actions), root);
  const saved = savedStateOf(state);
  if (saved) port.save(saved);
}

port.host.onNotification(acceptanceChanged, (host) => {
  send({ kind: 'snapshot', host });
});
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') actions.cancel();
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) actions.run();
});
port.host.request(acceptanceSnapshot, null).then(
  ({ state: host, modelDir, saeId }) => {
    send({ kind: 'opened', host, modelDir, saeId });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
