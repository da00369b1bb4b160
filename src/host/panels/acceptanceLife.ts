import type { Uri } from 'vscode';
import {
  acceptanceAct,
  acceptanceCancel,
  acceptanceChanged,
  type AcceptanceCommand,
  acceptanceCommand,
  acceptanceCommands,
  acceptanceCopyText,
  acceptanceRun,
  type AcceptanceSavedState,
  acceptanceSaveText,
  acceptanceSnapshot,
} from '../../protocol/acceptancePanel.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { invalidInput } from '../../protocol/errors.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import {
  AcceptanceSession,
  type AcceptanceSessionPorts,
  type SaeRef,
} from './acceptanceSession.ts';
import { answered } from './answered.ts';
import type { PanelLife } from './openPanels.ts';
import type { PanelShell } from './panelShell.ts';

export const emptyAcceptanceTitle = 'SAE Report';

export interface AcceptancePanelsPorts extends AcceptanceSessionPorts {
  readonly extensionUri: Uri;
  readonly copyText: (text: string) => PromiseLike<void>;
  /** Asks where and writes; does nothing when the person changes their mind. */
  readonly saveText: (name: string, text: string) => PromiseLike<void>;
  readonly command: (command: AcceptanceCommand, ref: SaeRef) => PromiseLike<unknown>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
}

export interface AcceptanceLife extends PanelLife {
  readonly session: AcceptanceSession;
}

/** What the report of one SAE does. */
export function acceptanceLife(
  ports: AcceptancePanelsPorts,
  shell: PanelShell,
  { modelDir, saeId, settings }: AcceptanceSavedState,
): AcceptanceLife {
  const session = new AcceptanceSession({ modelDir, saeId }, settings, ports, () => {
    const { sae } = session.state;
    shell.title = sae ? `SAE Report: ${sae.block}` : emptyAcceptanceTitle;
    shell.changed();
  });
  void session.load();
  return {
    session,
    dispatcher: () => acceptanceDispatcher(session, ports),
    push: () => {
      shell.notify(acceptanceChanged, session.state);
    },
    dispose: () => {
      session.cancel();
    },
  };
}

function acceptanceDispatcher(
  session: AcceptanceSession,
  ports: AcceptancePanelsPorts,
): Dispatcher {
  const dispatcher = new Dispatcher();
  dispatcher.handle(acceptanceSnapshot, () => ({ state: session.state, ...session.ref }));
  dispatcher.handle(acceptanceRun, ({ settings }) => {
    void session.run(settings);
    return null;
  });
  dispatcher.handle(acceptanceCancel, () => {
    session.cancel();
    return null;
  });
  dispatcher.handle(acceptanceCopyText, ({ text }) => answered(ports.copyText(text)));
  dispatcher.handle(acceptanceSaveText, ({ name, text }) => answered(ports.saveText(name, text)));
  dispatcher.handle(acceptanceCommand, ({ command }) => {
    if (!acceptanceCommands.includes(command)) throw invalidInput(`No command "${command}".`);
    return answered(ports.command(command, session.ref));
  });
  dispatcher.handle(acceptanceAct, ({ action }) => answered(ports.act(action)));
  return dispatcher;
}
