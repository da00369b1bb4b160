import { render } from 'lit';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { galleryChanged, gallerySearch, gallerySnapshot } from '../../src/protocol/galleryPanel.ts';
import { FeatureServices } from '../shared/featureServices.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { GridWindow } from './gridWindow.ts';
import { isSavedState, savedStateOf } from './savedState.ts';
import { missingPages, type PanelEvent, queryOf, reduce, startState } from './state.ts';
import { galleryView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state = startState(isSavedState(port.savedState) ? port.savedState : undefined);
const services = new FeatureServices(port.host, {
  said: () => undefined,
  failed: (cause) => {
    send({ kind: 'failed', cause });
  },
});
const grid = new GridWindow(() => {
  draw();
});
/** Pages on their way, of the present question. */
let asked = new Map<number, AbortController>();
let askedGeneration = -1;

function send(event: PanelEvent): void {
  const { revision } = state.host ?? {};
  state = reduce(state, event);
  if (state.host?.revision !== revision) services.forgetPreviews();
  port.save(savedStateOf(state));
  draw();
}

function draw(): void {
  render(galleryView(state, { send, services, grid }), root);
  if (!state.host?.isRead || state.host.blocks.length === 0) return;
  if (askedGeneration !== state.generation) {
    for (const abort of asked.values()) abort.abort();
    asked = new Map();
    askedGeneration = state.generation;
  }
  const { from, to } = grid.range(state.totalCount ?? 1);
  for (const page of missingPages(state, from, to)) if (!asked.has(page)) void fetchPage(page);
}

async function fetchPage(page: number): Promise<void> {
  const { generation } = state;
  const abort = new AbortController();
  asked.set(page, abort);
  try {
    const query = queryOf(state, page);
    const { rows, totalCount, hasAllWords } = await port.host.request(gallerySearch, query, {
      signal: abort.signal,
    });
    send({ kind: 'page', generation, page, rows, totalCount, hasAllWords });
  } catch (error) {
    const { code, message } = FeaturescopeError.from(error);
    if (code !== 'cancelled' && generation === state.generation) {
      send({ kind: 'failed', cause: message });
    }
  }
}

port.host.onNotification(galleryChanged, (host) => {
  send({ kind: 'snapshot', host });
});
port.host.request(gallerySnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
