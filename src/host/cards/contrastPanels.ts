import {
  contrastCancel,
  contrastChanged,
  contrastPickRuns,
  contrastPickSet,
  contrastSnapshot,
  contrastStart,
  contrastTest,
} from '../../protocol/contrastPanel.ts';
import { Dispatcher } from '../../protocol/dispatcher.ts';
import { describeTrainingSet } from '../../protocol/training.ts';
import { ContrastSession, pictureOf, type ContrastSessionPorts } from './contrastSession.ts';
import { OpenPanels, type PanelLife } from '../panels/openPanels.ts';
import type { PanelShell, PanelShellOptions } from '../panels/panelShell.ts';
import { type PanelServicePorts, servePanel } from './panelServices.ts';

export type ContrastPanelsPorts = ContrastSessionPorts &
  PanelServicePorts &
  Pick<PanelShellOptions, 'extensionUri' | 'folders'> & {
    /** @returns undefined when the person changes their mind */
    readonly pickRuns: (chosen: readonly string[]) => Promise<readonly string[] | undefined>;
    /** @returns folder of a collected set; undefined when the person changes their mind */
    readonly pickSet: () => Promise<string | undefined>;
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
    table.handle(contrastPickSet, async () => {
      const setDir = await ports.pickSet();
      if (setDir === undefined) return null;
      const { pictureCount } = await ports.engine.request(describeTrainingSet, { setDir });
      return { setDir, pictureCount };
    });
    table.handle(contrastTest, async ({ feature, side }) => {
      const base = await pictureOf(side, ports);
      await ports.run('testCause', { ...feature, ...(base && { base }) });
      return null;
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
