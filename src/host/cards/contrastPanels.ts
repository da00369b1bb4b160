import {
  contrastCancel,
  contrastChanged,
  contrastPickRuns,
  contrastSnapshot,
  contrastStart,
} from '../../protocol/contrastPanel.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { ContrastSession, type ContrastSessionPorts } from './contrastSession.ts';
import { OpenPanels, type PanelLife } from '../panels/openPanels.ts';
import type { PanelShell, PanelShellOptions } from '../panels/panelShell.ts';
import { type PanelServicePorts, servePanel } from './panelServices.ts';

export type ContrastPanelsPorts = ContrastSessionPorts &
  PanelServicePorts &
  Pick<PanelShellOptions, 'extensionUri' | 'folders'> & {
    /** @returns undefined when the person changes their mind */
    readonly pickRuns: (chosen: readonly string[]) => Promise<readonly string[] | undefined>;
  };

interface ContrastLife extends PanelLife {
  readonly session: ContrastSession;
}

/** Features that tell two sets of pictures apart. */
export class ContrastPanels extends OpenPanels<ContrastLife> {
  constructor(ports: ContrastPanelsPorts) {
    const { extensionUri, folders } = ports;
    super({
      ...{ extensionUri, folders, name: 'contrast', title: 'Contrast Sets' },
      viewType: 'featurescope.contrast',
      isBeside: false,
      make: (shell) => contrastLife(ports, shell),
    });
  }

  recover(): void {
    for (const { session } of this.lives) session.recover();
  }
}

function contrastLife(ports: ContrastPanelsPorts, shell: PanelShell): ContrastLife {
  const session = new ContrastSession(ports, () => {
    shell.changed();
  });
  const dispatcher = (): Dispatcher => {
    const table = new Dispatcher();
    servePanel(table, ports, (path) => shell.uriOf(path));
    table.handle(contrastSnapshot, () => session.state);
    table.handle(contrastStart, (form) => {
      session.start(form);
      return null;
    });
    table.handle(contrastCancel, () => {
      session.cancel();
      return null;
    });
    table.handle(contrastPickRuns, async ({ chosen }) => {
      const runIds = await ports.pickRuns(chosen);
      return runIds ? { runIds } : null;
    });
    return table;
  };
  void session.name();
  return {
    session,
    dispatcher,
    push: () => {
      shell.notify(contrastChanged, session.state);
    },
    dispose: () => {
      session.cancel();
    },
  };
}
