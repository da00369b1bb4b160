import { Dispatcher } from '../../protocol/dispatcher.ts';
import type { JobSummary } from '../../protocol/jobs.ts';
import { panelAct, panelCopyText, panelSaveFile } from '../../protocol/panelRequests.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import {
  specializationChanged,
  type SpecializationCommand,
  specializationPictures,
  specializationRun,
  specializationSnapshot,
} from '../../protocol/specializationPanel.ts';
import { answered } from '../panels/answered.ts';
import { OpenPanels, type PanelLife } from '../panels/openPanels.ts';
import type { PanelShell, PanelShellOptions } from '../panels/panelShell.ts';
import { SpecializationSession, type SpecializationSessionPorts } from './specializationSession.ts';

export type SpecializationPanelsPorts = SpecializationSessionPorts &
  Pick<PanelShellOptions, 'extensionUri'> & {
    readonly copyText: (text: string) => Promise<void>;
    readonly saveFile: (name: string, bytes: Uint8Array) => Promise<void>;
    readonly act: (action: ProblemAction | 'showLog') => unknown;
    /** @param job that the panel shows, if any */
    readonly run: (command: SpecializationCommand, job: JobSummary | null) => unknown;
  };

interface SpecializationLife extends PanelLife {
  readonly session: SpecializationSession;
}

/** Reports on block specialization. */
export class SpecializationPanels extends OpenPanels<SpecializationLife> {
  constructor(ports: SpecializationPanelsPorts) {
    const { extensionUri } = ports;
    super({
      ...{ extensionUri, folders: null, name: 'specialization', title: 'Block Specialization' },
      viewType: 'featurescope.specialization',
      isBeside: false,
      make: (shell, saved) => specializationLife(ports, shell, saved),
    });
  }

  /** The panel that is open shows this job from now on. */
  open(jobId: string): void {
    this.show().session.open(jobId);
  }

  jobsChanged(): void {
    for (const { session } of this.lives) session.jobsChanged();
  }
}

function specializationLife(
  ports: SpecializationPanelsPorts,
  shell: PanelShell,
  saved: unknown,
): SpecializationLife {
  const session = new SpecializationSession(ports, () => {
    shell.changed();
  });
  const dispatcher = (): Dispatcher => {
    const table = new Dispatcher();
    table.handle(specializationSnapshot, () => session.state);
    table.handle(specializationRun, ({ command }) =>
      answered(ports.run(command, session.state.job)),
    );
    table.handle(specializationPictures, ({ key }) => session.pictures(key));
    table.handle(panelCopyText, ({ text }) => answered(ports.copyText(text)));
    table.handle(panelSaveFile, ({ name, bytes }) =>
      answered(ports.saveFile(name, new Uint8Array(bytes))),
    );
    table.handle(panelAct, ({ action }) => answered(ports.act(action)));
    return table;
  };
  const { jobId } = (saved ?? {}) as { readonly jobId?: unknown };
  if (typeof jobId === 'string') session.open(jobId);
  return {
    session,
    dispatcher,
    push: () => {
      shell.notify(specializationChanged, session.state);
    },
    dispose: () => {
      session.dispose();
    },
  };
}
