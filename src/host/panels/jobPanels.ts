import { Dispatcher } from '../../protocol/dispatcher.ts';
import type { JobSummary } from '../../protocol/jobs.ts';
import { panelAct, panelCopyText } from '../../protocol/panelRequests.ts';
import type { NotificationDefinition, RequestDefinition } from '../../protocol/request.ts';
import type { ProblemAction } from '../../protocol/resultPanel.ts';
import type { Disposable } from '../disposables.ts';
import { answered } from './answered.ts';
import { OpenPanels, type PanelLife } from './openPanels.ts';
import type { PanelShell, PanelShellOptions } from './panelShell.ts';

/** What a panel of a job shows. */
interface JobSession<State> extends Disposable {
  readonly state: State & { readonly job: JobSummary | null };
  open(jobId: string): void;
  /** The list was told anew. */
  jobsChanged(): void;
}

/** What such a panel's buttons need of the rest. */
export interface JobPanelsPorts<Command extends string> extends Pick<
  PanelShellOptions,
  'extensionUri'
> {
  readonly copyText: (text: string) => Promise<void>;
  readonly act: (action: ProblemAction | 'showLog') => unknown;
  /** @param job that the panel shows, if any */
  readonly run: (command: Command, job: JobSummary | null) => unknown;
}

interface JobPanelsKind<
  State,
  Command extends string,
  Session extends JobSession<State>,
> extends Pick<PanelShellOptions, 'name' | 'title'> {
  readonly makeSession: (onChange: () => void) => Session;
  readonly snapshot: RequestDefinition<null, State, never>;
  readonly changed: NotificationDefinition<State>;
  readonly command: RequestDefinition<{ readonly command: Command }, null, never>;
  /** Requests of this panel alone. */
  readonly serve?: (table: Dispatcher, session: Session) => void;
}

interface JobLife<Session> extends PanelLife {
  readonly session: Session;
}

/** Panels that follow a job and show what came of it so far. */
export class JobPanels<
  State,
  Command extends string,
  Session extends JobSession<State>,
> extends OpenPanels<JobLife<Session>> {
  constructor(ports: JobPanelsPorts<Command>, kind: JobPanelsKind<State, Command, Session>) {
    const { name, title } = kind;
    super({
      ...{ extensionUri: ports.extensionUri, folders: null, name, title },
      viewType: `featurescope.${name}`,
      isBeside: false,
      make: (shell, saved) => jobLife(ports, kind, shell, saved),
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

function jobLife<State, Command extends string, Session extends JobSession<State>>(
  ports: JobPanelsPorts<Command>,
  kind: JobPanelsKind<State, Command, Session>,
  shell: PanelShell,
  saved: unknown,
): JobLife<Session> {
  const session = kind.makeSession(() => {
    shell.changed();
  });
  const dispatcher = (): Dispatcher => {
    const table = new Dispatcher();
    table.handle(kind.snapshot, () => session.state);
    table.handle(kind.command, ({ command }) => answered(ports.run(command, session.state.job)));
    table.handle(panelCopyText, ({ text }) => answered(ports.copyText(text)));
    table.handle(panelAct, ({ action }) => answered(ports.act(action)));
    kind.serve?.(table, session);
    return table;
  };
  const { jobId } = (saved ?? {}) as { readonly jobId?: unknown };
  if (typeof jobId === 'string') session.open(jobId);
  return {
    session,
    dispatcher,
    push: () => {
      shell.notify(kind.changed, session.state);
    },
    dispose: () => {
      session.dispose();
    },
  };
}
