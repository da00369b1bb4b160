import { render } from 'lit';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  qualityCancelCompare,
  qualityChanged,
  qualityCompare,
  qualityRefresh,
  qualitySnapshot,
} from '../../src/protocol/qualityPanel.ts';
import { FeatureServices } from '../shared/featureServices.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { ask } from '../shared/panelAsk.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { csvOf, type PanelEvent, type PanelState, reduce } from './state.ts';
import { qualityView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state: PanelState = { host: null, trouble: null, said: '' };
const told = {
  said: (text: string) => {
    send({ kind: 'said', text });
  },
  failed: (cause: string) => {
    send({ kind: 'failed', cause });
  },
};
const services = new FeatureServices(port.host, told);
const parts = {
  services,
  refresh: () => void ask(port.host, qualityRefresh, null, told),
  compare: () => void ask(port.host, qualityCompare, null, told),
  cancelCompare: () => void ask(port.host, qualityCancelCompare, null, told),
  copyCsv: () => {
    services.copyText(csvOf(state.host?.reports ?? []), 'Table copied as CSV.');
  },
};

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(qualityView(state, parts), root);
  // Nothing but that it is open: reports are read anew.
  port.save({ version: 1 });
}

port.host.onNotification(qualityChanged, (host) => {
  send({ kind: 'snapshot', host });
});
port.host.request(qualitySnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
