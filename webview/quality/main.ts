import { render } from 'lit';
import { qualityCsv, qualityMarkdown } from '../../src/charts/qualityText.ts';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import {
  qualityCancelCompare,
  qualityCancelMeasure,
  qualityChanged,
  qualityCompare,
  qualityMeasure,
  qualityRefresh,
  qualitySnapshot,
} from '../../src/protocol/qualityPanel.ts';
import { FeatureServices } from '../shared/featureServices.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { ask } from '../shared/panelAsk.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { type PanelEvent, type PanelState, reduce } from './state.ts';
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
    const { reports, pictures = [] } = state.host ?? {};
    services.copyText(qualityCsv(reports ?? [], pictures), 'Table copied as CSV.');
  },
  copyMarkdown: () => {
    const { modelTitle = '', reports, pictures = [], isEmbedded = false } = state.host ?? {};
    const text = qualityMarkdown(modelTitle, reports ?? [], pictures, isEmbedded);
    services.copyText(text, 'Report copied as Markdown.');
  },
  measure: () => void ask(port.host, qualityMeasure, null, told),
  cancelMeasure: () => void ask(port.host, qualityCancelMeasure, null, told),
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
