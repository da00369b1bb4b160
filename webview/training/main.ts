import { render } from 'lit';
import { FeaturescopeError } from '../../src/protocol/errors.ts';
import { panelAct, panelCopyText } from '../../src/protocol/panelRequests.ts';
import {
  trainingChanged,
  trainingRun,
  trainingSnapshot,
} from '../../src/protocol/trainingPanel.ts';
import { openHostPort } from '../shared/hostPort.ts';
import { ask } from '../shared/panelAsk.ts';
import { registerToolkit } from '../ui/registerToolkit.ts';
import { csvOf, type PanelEvent, type PanelState, reduce } from './state.ts';
import { type TrainingParts, trainingView } from './view.ts';

registerToolkit();
const port = openHostPort();
const root = document.getElementById('root') ?? document.body;
let state: PanelState = { host: null, pointed: null, trouble: null, said: '' };
const told = {
  said: (text: string) => {
    send({ kind: 'said', text });
  },
  failed: (cause: string) => {
    send({ kind: 'failed', cause });
  },
};
const parts: TrainingParts = {
  run: (command) => void ask(port.host, trainingRun, { command }, told),
  act: (action) => void ask(port.host, panelAct, { action }, told),
  copyCsv: () => {
    const training = state.host?.training;
    if (!training) return;
    const params = { text: csvOf(training) };
    void ask(port.host, panelCopyText, params, told, 'Curves copied as CSV.');
  },
  point: (index) => {
    if (index !== state.pointed) send({ kind: 'pointed', index });
  },
};

function send(event: PanelEvent): void {
  state = reduce(state, event);
  render(trainingView(state, parts), root);
  // Which job it shows; everything else is read anew.
  if (state.host) port.save({ version: 1, jobId: state.host.jobId });
}

port.host.onNotification(trainingChanged, (host) => {
  send({ kind: 'snapshot', host });
});
port.host.request(trainingSnapshot, null).then(
  (host) => {
    send({ kind: 'snapshot', host });
  },
  (error: unknown) => {
    send({ kind: 'failed', cause: FeaturescopeError.from(error).message });
  },
);
