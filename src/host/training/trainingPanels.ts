import { Dispatcher } from '../../protocol/dispatcher.ts';
import type { JobSummary } from '../../protocol/jobs.ts';
import { panelAct, panelCopyText } from '../../protocol/panelRequests.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import {
  trainingChanged,
  type TrainingCommand,
  trainingRun,
  trainingSnapshot,
} from '../../protocol/trainingPanel.ts';
import { answered } from '../panels/answered.ts';
import { OpenPanels, type PanelLife } from '../panels/openPanels.ts';
import type { PanelShell, PanelShellOptions } from '../panels/panelShell.ts';
import { TrainingSession, type TrainingSessionPorts } from './trainingSession.ts';

export type TrainingPanelsPorts = TrainingSessionPorts &
  Pick<PanelShellOptions, 'extensionUri'> & {
    readonly copyText: (text: string) => Promise<void>;
    readonly act: (action: ProblemAction | 'showLog') => unknown;
    /** @param job that the panel shows, if any */
    readonly run: (command: TrainingCommand, job: JobSummary | null) => unknown;
  };

interface TrainingLife extends PanelLife {
  readonly session: TrainingSession;
}

/** How trainings go: one panel a job. */
export class TrainingPanels extends OpenPanels<TrainingLife> {
  constructor(ports: TrainingPanelsPorts) {
    const { extensionUri } = ports;
    super({
      ...{ extensionUri, folders: null, name: 'training', title: 'SAE Training' },
      viewType: 'featurescope.training',
      isBeside: false,
      make: (shell, saved) => trainingLife(ports, shell, saved),
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

function trainingLife(ports: TrainingPanelsPorts, shell: PanelShell, saved: unknown): TrainingLife {
  const session = new TrainingSession(ports, () => {
    shell.changed();
  });
  const dispatcher = (): Dispatcher => {
    const table = new Dispatcher();
    table.handle(trainingSnapshot, () => session.state);
    table.handle(trainingRun, ({ command }) => answered(ports.run(command, session.state.job)));
    table.handle(panelCopyText, ({ text }) => answered(ports.copyText(text)));
    table.handle(panelAct, ({ action }) => answered(ports.act(action)));
    return table;
  };
  const { jobId } = (saved ?? {}) as { readonly jobId?: unknown };
  if (typeof jobId === 'string') session.open(jobId);
  return {
    session,
    dispatcher,
    push: () => {
      shell.notify(trainingChanged, session.state);
    },
    dispose: () => {
      session.dispose();
    },
  };
}
