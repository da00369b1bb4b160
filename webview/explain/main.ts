import { render } from 'lit';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  explainChanged,
  explainContent,
  explainSnapshot,
} from '../../src/protocol/explainPanel.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { PanelActions } from './panelActions.ts';
import {
  contentOf,
  firstState,
  missingContent,
  type PanelEvent,
  reduce,
  savedStateOf,
} from './state.ts';
import { explainView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state = firstState;
const actions = new PanelActions(port.host, () => state, send);
/** On its way. */
let asked: number | undefined;

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(explainView(state, actions), root);
  const saved = savedStateOf(state);
  if (saved) port.save(saved);
  const missing = missingContent(state);
  if (missing !== undefined && missing !== asked) void fetchContent(missing);
}

async function fetchContent(resultId: number): Promise<void> {
  asked = resultId;
  try {
    const packed = await port.host.request(explainContent, { resultId });
    // Asked for again when it is wanted again; not after a failure, which would come back.
    asked = undefined;
    if (packed && state.host?.result?.resultId === resultId) {
      send({ kind: 'content', content: contentOf(resultId, packed) });
    }
  } catch (error) {
    fail(error);
  }
}

const fail = (error: unknown): void => {
  send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
};

document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && state.host?.status.kind === 'running') actions.cancel();
});
port.host.onNotification(explainChanged, (host) => {
  send({ kind: 'snapshot', host });
});
port.host.request(explainSnapshot, null).then((host) => {
  send({ kind: 'snapshot', host });
}, fail);
