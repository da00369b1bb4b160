import { render } from 'lit';
import {
  boardChanged,
  boardPixels,
  boardPixelsReady,
  boardReadings,
  boardSnapshot,
} from '../../src/protocol/boardPanel.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { unpackReadings } from '../../src/protocol/featurePanel.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { followBlink } from './blink.ts';
import { LatencyMeter } from './latencyMeter.ts';
import { PanelActions } from './panelActions.ts';
import { panelKeys } from './panelKeys.ts';
import { isSavedState, savedStateOf } from './savedState.ts';
import {
  drawnSequence,
  missingPixels,
  missingReadings,
  reduce,
  startState,
  type PanelEvent,
} from './state.ts';
import { PanelView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state = startState(isSavedState(port.savedState) ? port.savedState : undefined);
const latency = new LatencyMeter();
const actions = new PanelActions({ host: port.host, state: () => state, send, latency });
const view = new PanelView(actions);
const blink = followBlink(actions);
/** On their way. */
const asked = new Set<string>();
let measured = 0;

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(view.panel(state), root);
  blink(state);
  if (event.kind === 'snapshot') {
    const saved = savedStateOf(state);
    if (saved) port.save(saved);
  }
  for (const id of missingPixels(state)) void fetchOnce(`pixels ${id}`, () => pixels(id));
  const runId = missingReadings(state);
  if (runId !== null) void fetchOnce(`readings ${runId}`, () => readings(runId));
  measure();
}

/** Elements draw in a task of their own, and the screen shows it with the next frame. */
function measure(): void {
  const sequence = drawnSequence(state);
  if (sequence <= measured) return;
  measured = sequence;
  requestAnimationFrame(() => {
    setTimeout(() => {
      if (latency.drawn(sequence, performance.now())) {
        send({ kind: 'measured', latency: latency.figures });
      }
    });
  });
}

async function pixels(pictureId: string): Promise<PanelEvent> {
  const { width, height, rgb } = await port.host.request(boardPixels, { pictureId });
  return { kind: 'pixels', pictureId, picture: { width, height, rgb: new Uint8Array(rgb) } };
}

async function readings(runId: string): Promise<PanelEvent> {
  // Masks can be painted without them; only heat maps and cells are missing then.
  const blocks = await port.host.request(boardReadings, { runId }).then(unpackReadings, () => []);
  return { kind: 'readings', runId, blocks };
}

async function fetchOnce(key: string, work: () => Promise<PanelEvent>): Promise<void> {
  if (asked.has(key)) return;
  asked.add(key);
  const event = await work().catch((error: unknown) => FeaturescopeError.from(error));
  asked.delete(key);
  if (!(event instanceof FeaturescopeError)) {
    send(event);
    return;
  }
  // What is no longer kept was replaced by something newer, which is asked for by its own id.
  send({ kind: 'pixels', pictureId: key.replace('pixels ', ''), picture: null });
}

port.host.onNotification(boardPixelsReady, ({ pictureId, width, height, rgb }) => {
  send({ kind: 'pixels', pictureId, picture: { width, height, rgb: new Uint8Array(rgb) } });
});
port.host.onNotification(boardChanged, (host) => {
  send({ kind: 'snapshot', host, nowMs: performance.now() });
});
port.host.request(boardSnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host, nowMs: performance.now() });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
window.addEventListener('keydown', (event) => {
  panelKeys(event, state, actions);
});
