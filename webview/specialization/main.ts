import { render } from 'lit';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { panelAct, panelCopyText, panelSaveFile } from '../../src/protocol/panelRequests.ts';
import type { Chart } from '../../src/protocol/specialization.ts';
import {
  specializationChanged,
  specializationPictures,
  specializationRun,
  specializationSnapshot,
} from '../../src/protocol/specializationPanel.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { ask } from '../shared/panelAsk.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { svgOf } from '../../src/charts/chartSvg.ts';
import { csvOf, markdownOf } from '../../src/charts/chartText.ts';
import { pngOf } from './chartPng.ts';
import { type PanelEvent, type PanelState, reduce } from './state.ts';
import { type SpecializationParts, specializationView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state: PanelState = { host: null, shown: null, trouble: null, said: '' };
const told = {
  said: (text: string) => {
    send({ kind: 'said', text });
  },
  failed: (cause: string) => {
    send({ kind: 'failed', cause });
  },
};
const isEmbedded = (): boolean => state.host?.view?.report?.isEmbedded ?? false;
const copy = (text: string, done: string): unknown =>
  ask(port.host, panelCopyText, { text }, told, done);
const save = (chart: Chart, ending: string, bytes: ArrayBuffer): unknown =>
  ask(port.host, panelSaveFile, { name: `${nameOf(chart)}.${ending}`, bytes }, told);
const nameOf = ({ id, title }: Chart): string =>
  `${id}-${title.toLowerCase().replace(/[^a-z]+/g, '-')}`;

const parts: SpecializationParts = {
  run: (command) => void ask(port.host, specializationRun, { command }, told),
  act: (action) => void ask(port.host, panelAct, { action }, told),
  copyCsv: (chart) => void copy(csvOf(chart), 'Figures copied as CSV.'),
  copyMarkdown: (chart) => void copy(markdownOf(chart, isEmbedded()), 'Copied as Markdown.'),
  saveSvg: (chart) => {
    const text = new TextEncoder().encode(svgOf(chart, isEmbedded()));
    void save(chart, 'svg', text.buffer);
  },
  savePng: (chart) => void pngOf(chart, isEmbedded()).then((bytes) => save(chart, 'png', bytes)),
  show: (chart, { key }, label) => {
    if (key !== null) void show(chart, key, label);
  },
  closePictures: () => {
    send({ kind: 'closed' });
  },
};

async function show({ id }: Chart, key: string, label: string): Promise<void> {
  send({ kind: 'asked', shown: { chart: id, key, label } });
  revealPictures();
  try {
    const made = await port.host.request(specializationPictures, { key });
    send({ kind: 'made', key, made });
    revealPictures();
  } catch (error) {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  }
}

/** They stand below their chart, which may be higher than the window. */
function revealPictures(): void {
  root.querySelector('.pictures')?.scrollIntoView({ block: 'nearest' });
}

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(specializationView(state, parts), root);
  // Which report it shows; everything else is read anew.
  if (state.host) port.save({ version: 1, jobId: state.host.jobId });
}

port.host.onNotification(specializationChanged, (host) => {
  send({ kind: 'snapshot', host });
});
port.host.request(specializationSnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
