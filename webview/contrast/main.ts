import { render } from 'lit';
import { contrastChanged, contrastSnapshot } from '../../src/protocol/contrastPanel.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { PanelActions } from './panelActions.ts';
import { isSavedState, type PanelEvent, reduce, savedStateOf, startState } from './state.ts';
import { contrastView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state = startState(isSavedState(port.savedState) ? port.savedState : undefined);
const actions = new PanelActions(port.host, () => state, send);

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(contrastView(state, actions), root);
  port.save(savedStateOf(state));
}

port.host.onNotification(contrastChanged, (host) => {
  send({ kind: 'snapshot', host });
});
port.host.request(contrastSnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
