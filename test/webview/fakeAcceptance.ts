import {
  acceptanceAct,
  acceptanceCancel,
  acceptanceChanged,
  acceptanceCommand,
  acceptanceCopyText,
  acceptanceRun,
  acceptanceSaveText,
  acceptanceSnapshot,
  type AcceptanceState,
} from '../../src/protocol/acceptancePanel.ts';
import { acceptanceRef } from '../support/acceptanceFixtures.ts';
import { type FakePanel, serveFakePanel } from './fakePanel.ts';

/** The extension's side of the acceptance report, inside the page under test. */
export type FakeAcceptance = FakePanel<AcceptanceState>;

declare global {
  interface Window {
    fakeAcceptance: FakeAcceptance;
  }
}

const { fake, handle, record } = serveFakePanel<AcceptanceState>(acceptanceChanged);
window.fakeAcceptance = fake;

handle(acceptanceSnapshot, () => ({ state: fake.state(), ...acceptanceRef }));
handle(acceptanceRun, ({ settings }) => {
  void fake.show({ settings, status: { kind: 'running', phase: 'Picture 1 of 4', fraction: 0.1 } });
  return null;
});
handle(acceptanceCancel, () => {
  void fake.show({ status: { kind: 'idle' } });
  return null;
});
record(acceptanceCopyText, acceptanceSaveText, acceptanceCommand, acceptanceAct);
