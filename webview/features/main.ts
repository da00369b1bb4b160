import { render } from 'lit';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  featuresChanged,
  featuresPixels,
  featuresReadings,
  featuresSnapshot,
  featuresUnet,
  unpackReadings,
} from '../../src/protocol/featurePanel.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { PanelActions } from './panelActions.ts';
import { isSavedState, savedStateOf } from './savedState.ts';
import {
  currentReadings,
  missingPixels,
  missingReadings,
  reduce,
  startState,
  wishedLook,
  type PanelEvent,
} from './state.ts';
import { PanelView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state = startState(isSavedState(port.savedState) ? port.savedState : undefined);
const actions = new PanelActions(port.host, () => state, send);
const view = new PanelView(actions);
/** On their way. */
const asked = new Set<string>();

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(view.panel(state), root);
  const saved = savedStateOf(state);
  if (saved) port.save(saved);
  for (const runId of missingPixels(state)) void fetchOnce(`pixels ${runId}`, pixels(runId));
  for (const runId of missingReadings(state)) void fetchOnce(`readings ${runId}`, readings(runId));
  if (state.isUnetOpen && state.unetParts === undefined) void fetchUnet();
  lookAtWished();
}

let isAskingUnet = false;
async function fetchUnet(): Promise<void> {
  if (isAskingUnet) return;
  isAskingUnet = true;
  try {
    send({ kind: 'unetParts', parts: await port.host.request(featuresUnet, null) });
  } catch (error) {
    send({ kind: 'unetParts', parts: null });
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  } finally {
    isAskingUnet = false;
  }
}

/** Once what is wished for is there to be scrolled to. */
function lookAtWished(): void {
  const wished = wishedLook(state);
  if (!wished || !currentReadings(state)) return;
  send({ kind: 'looked', count: wished.count });
  actions.lookAt(wished.target);
}

const pixels = (runId: string) => async (): Promise<PanelEvent> => {
  const { width, height, rgb } = await port.host.request(featuresPixels, { runId });
  return { kind: 'pixels', runId, picture: { width, height, rgb: new Uint8Array(rgb) } };
};
const readings = (runId: string) => async (): Promise<PanelEvent> => {
  const packed = await port.host.request(featuresReadings, { runId });
  return { kind: 'readings', runId, readings: unpackReadings(packed) };
};

async function fetchOnce(key: string, work: () => Promise<PanelEvent>): Promise<void> {
  if (asked.has(key)) return;
  asked.add(key);
  const event = await work().catch((error: unknown) => FeaturescopeError.from(error));
  asked.delete(key);
  if (!(event instanceof FeaturescopeError)) {
    send(event);
    return;
  }
  const [kind, runId] = key.split(' ') as ['pixels' | 'readings', string];
  send(kind === 'pixels' ? { kind, runId, picture: null } : { kind, runId, readings: null });
  send({ kind: 'failed', cause: event.message });
}

port.host.onNotification(featuresChanged, (host) => {
  send({ kind: 'snapshot', host });
});
port.host.request(featuresSnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
